package dataplane

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// decode reads the JSON object of the body into v.
func (r *request) decode(v any) error { return r.decodeUpTo(v, httpx.MaxBody) }

func (r *request) decodeUpTo(v any, limit int64) error {
	if ct := r.Header.Get("Content-Type"); ct != "" && ct != "application/json" {
		if media, _, err := mime.ParseMediaType(ct); err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
			return fault.New(fault.UnsupportedMediaType, "The request body must be of type application/json.")
		}
	}
	data, err := readBody(r.Request, limit)
	if err != nil {
		return err
	}
	defer clear(data)
	return unmarshal(data, v)
}

func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fault.New(fault.BadParameter, "The request body could not be read.")
	}
	if int64(len(data)) > limit {
		return nil, fault.New(fault.PayloadTooLarge, "The request body is larger than %d bytes.", limit)
	}
	return data, nil
}

// unmarshal is httpx.Unmarshal for text that is exact: what is not UTF-8, or half a
// surrogate pair, would come out of the decoder as something else than it was.
func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) || loneSurrogate(data) {
		return fault.New(fault.BadParameter, "The request body is not valid UTF-8.")
	}
	if trimmed := strings.TrimLeft(string(data[:min(len(data), 16)]), " \t\r\n"); !strings.HasPrefix(trimmed, "{") {
		return fault.New(fault.BadParameter, "The request body is not a well-formed JSON object.")
	}
	return httpx.Unmarshal(data, v, fault.BadParameter)
}

// loneSurrogate reports whether a \u escape of half a surrogate pair is without its
// other half.
func loneSurrogate(data []byte) bool {
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit, ok := escaped(data[i:])
		if !ok || unit < 0xD800 || unit > 0xDFFF {
			i++ // whatever is escaped is no beginning of another escape
			continue
		}
		if unit > 0xDBFF {
			return true
		}
		if second, ok := escaped(data[min(i+6, len(data)):]); !ok || second < 0xDC00 || second > 0xDFFF {
			return true
		}
		i += 11
	}
	return false
}

// escaped returns the UTF-16 unit of the escape \uXXXX at the start of data.
func escaped(data []byte) (unit uint64, ok bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return unit, err == nil
}

// optional is a member that may be absent, null or a value.
type optional[T any] struct{ vault.Optional[T] }

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(data []byte) error {
	o.Given = true
	return json.Unmarshal(data, &o.Value)
}

// base64URL is a member in base64url, with or without padding.
type base64URL []byte

var errBase64 = errors.New("not base64url")

// UnmarshalJSON implements json.Unmarshaler. An empty string is not nil.
func (b *base64URL) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(*text, "="))
	if err != nil {
		return errBase64
	}
	*b = decoded
	return nil
}

// attributesBody is the member attributes of a request; what only answers have is
// ignored.
type attributesBody struct {
	Enabled    *bool           `json:"enabled"`
	NotBefore  optional[int64] `json:"nbf"`
	Expires    optional[int64] `json:"exp"`
	Exportable *bool           `json:"exportable"`
}

func (b *attributesBody) input() vault.AttributesInput {
	return vault.AttributesInput{Enabled: b.Enabled, NotBefore: b.NotBefore.Optional, Expires: b.Expires.Optional, Exportable: b.Exportable}
}

// tagsBody is the member tags of a request.
type tagsBody struct{ optional[map[string]*string] }

func (b *tagsBody) input() (vault.Optional[map[string]string], error) {
	out := vault.Optional[map[string]string]{Given: b.Given}
	if b.Value == nil {
		return out, nil
	}
	m := make(map[string]string, len(*b.Value))
	for name, value := range *b.Value {
		if value == nil {
			return out, fault.New(fault.BadParameter, "The value of a tag must be a string.")
		}
		m[name] = *value
	}
	out.Value = &m
	return out, nil
}

// page reads the parameters of a list.
func (r *request) page() vault.Page {
	page := vault.Page{Token: query(r, "$skiptoken")}
	if text := query(r, "maxresults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			n = -1
		}
		page.Size = n
	}
	return page
}

func query(r *request, name string) string { return httpx.Query(r.Request, name) }
