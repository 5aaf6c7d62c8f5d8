// Package sensitive holds values that must not be seen: secret values, key
// material, passwords, tokens, plaintexts.
//
// A value of this package prints as "(sensitive)" through every formatting verb,
// encoder and logger of the standard library. The only way to its content is
// Reveal, so that a search for Reveal finds every place where one leaves its type.
package sensitive

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const mask = "(sensitive)"

// String is text that must not be seen. The zero value is empty.
type String struct{ text string }

// NewString takes text into custody.
func NewString(text string) String { return String{text} }

// Reveal returns the text itself.
func (s String) Reveal() string { return s.text }

// Len returns the length of the text in bytes.
func (s String) Len() int { return len(s.text) }

// Equal compares in a time that does not depend on where the texts differ.
func (s String) Equal(other String) bool {
	return subtle.ConstantTimeCompare([]byte(s.text), []byte(other.text)) == 1
}

// String implements fmt.Stringer.
func (String) String() string { return mask }

// GoString implements fmt.GoStringer.
func (String) GoString() string { return mask }

// Format implements fmt.Formatter, for the verbs that look into a struct.
func (String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// MarshalJSON implements json.Marshaler.
func (String) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (String) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue implements slog.LogValuer.
func (String) LogValue() slog.Value { return slog.StringValue(mask) }

// Bytes are bytes that must not be seen. The zero value is empty.
type Bytes struct{ data []byte }

// NewBytes takes data into custody; the caller must not use it afterwards.
func NewBytes(data []byte) Bytes { return Bytes{data} }

// Reveal returns the bytes themselves, not a copy.
func (b Bytes) Reveal() []byte { return b.data }

// Len returns the number of bytes.
func (b Bytes) Len() int { return len(b.data) }

// Equal compares in a time that does not depend on where the bytes differ.
func (b Bytes) Equal(other Bytes) bool {
	return subtle.ConstantTimeCompare(b.data, other.data) == 1
}

// Wipe overwrites the bytes with zeros.
func (b Bytes) Wipe() { clear(b.data) }

// String implements fmt.Stringer.
func (Bytes) String() string { return mask }

// GoString implements fmt.GoStringer.
func (Bytes) GoString() string { return mask }

// Format implements fmt.Formatter, for the verbs that look into a struct.
func (Bytes) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// MarshalJSON implements json.Marshaler.
func (Bytes) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (Bytes) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue implements slog.LogValuer.
func (Bytes) LogValue() slog.Value { return slog.StringValue(mask) }
