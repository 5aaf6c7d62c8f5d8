package dataplane

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// encoder appends JSON to buf. Answers are small and have a fixed order of members, so
// they are written by hand: that saves most of the allocations of reflection.
type encoder struct {
	buf []byte
	// first is set after a { or [, where no comma goes before the next member.
	first bool
}

func newEncoder(size int) *encoder { return &encoder{buf: make([]byte, 0, size), first: true} }

func (e *encoder) separate() {
	if !e.first {
		e.buf = append(e.buf, ',')
	}
	e.first = false
}

// open begins an object or array with the bracket.
func (e *encoder) open(bracket byte) {
	e.separate()
	e.buf = append(e.buf, bracket)
	e.first = true
}

// member begins the object or array that is the member name.
func (e *encoder) member(name string, bracket byte) {
	e.name(name)
	e.buf = append(e.buf, bracket)
	e.first = true
}

func (e *encoder) close(bracket byte) {
	e.buf = append(e.buf, bracket)
	e.first = false
}

// name writes the name of a member, which needs no escaping.
func (e *encoder) name(name string) {
	e.separate()
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '"', ':')
}

func (e *encoder) string(name, value string) {
	e.name(name)
	e.quote(value)
}

func (e *encoder) integer(name string, value int64) {
	e.name(name)
	e.buf = strconv.AppendInt(e.buf, value, 10)
}

func (e *encoder) boolean(name string, value bool) {
	e.name(name)
	e.buf = strconv.AppendBool(e.buf, value)
}

// raw writes a member whose value is JSON already.
func (e *encoder) raw(name, value string) {
	e.name(name)
	e.buf = append(e.buf, value...)
}

// bytes writes base64url without padding.
func (e *encoder) bytes(name string, value []byte) {
	e.name(name)
	e.buf = append(e.buf, '"')
	e.buf = base64.RawURLEncoding.AppendEncode(e.buf, value)
	e.buf = append(e.buf, '"')
}

func (e *encoder) element(value string) {
	e.separate()
	e.quote(value)
}

// url writes a member whose value is the parts joined by slashes.
func (e *encoder) url(name, base string, parts ...string) {
	e.name(name)
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, base...)
	for _, part := range parts {
		e.buf = append(e.buf, '/')
		e.buf = append(e.buf, part...)
	}
	e.buf = append(e.buf, '"')
}

func (e *encoder) quote(s string) {
	if plain(s) {
		e.buf = append(e.buf, '"')
		e.buf = append(e.buf, s...)
		e.buf = append(e.buf, '"')
		return
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	e.buf = append(e.buf, quoted...)
	clear(quoted)
}

// plain reports whether s is JSON as it stands.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
