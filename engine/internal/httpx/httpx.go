// Package httpx holds what the HTTP front ends share: reading a request within
// limits, and writing answers and Azure's error envelopes. It knows no operation.
package httpx

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Limits of a request.
const (
	MaxBody  = 1 << 20
	MaxDepth = 32
	MaxPath  = 2048
)

type infoKey struct{}

// WithInfo attaches what the server noted of the request.
func WithInfo(ctx context.Context, info *authz.RequestInfo) context.Context {
	return context.WithValue(ctx, infoKey{}, info)
}

// Info returns what the server noted of the request; the zero value outside a server.
func Info(ctx context.Context) authz.RequestInfo {
	if info, ok := ctx.Value(infoKey{}).(*authz.RequestInfo); ok {
		return *info
	}
	return authz.RequestInfo{}
}

// Segments splits the path of a request by hand: clients send doubled slashes and
// empty segments that mean something (wire reference 1.1). Slashes at the start are
// dropped; an empty segment inside or at the end is kept. A segment that decodes to
// something with a slash, a backslash, a control character, or to "." or ".." is
// refused.
func Segments(u *url.URL) ([]string, error) {
	path := u.EscapedPath()
	if len(path) > MaxPath {
		return nil, fault.New(fault.BadParameter, "The request URI is too long.")
	}
	parts := strings.Split(strings.TrimLeft(path, "/"), "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "." || decoded == ".." || strings.ContainsFunc(decoded, forbiddenInSegment) {
			return nil, fault.New(fault.BadParameter, "The request URI contains an invalid name: %s", printable(decoded))
		}
		parts[i] = decoded
	}
	return parts, nil
}

func forbiddenInSegment(r rune) bool {
	return r == '/' || r == '\\' || r < 0x20 || r == 0x7f || r == '\uFFFD'
}

// printable makes a piece of the request fit for a message.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if len(s) > 128 {
		s = strings.ToValidUTF8(s[:128], "") + "..."
	}
	return s
}

var apiVersion = regexp.MustCompile(`^(\d+\.\d+(-preview(\.\d+)?)?|\d{4}-\d{2}-\d{2}(-preview)?)$`)

// APIVersion returns the api-version of the request, compared by name without regard
// to letter case. ok is false if it is missing or malformed.
func APIVersion(r *http.Request) (version string, ok bool) {
	version = Query(r, "api-version")
	return version, apiVersion.MatchString(version)
}

// Query returns the first value of a query parameter, its name in any letter case.
func Query(r *http.Request, name string) string {
	for key, values := range r.URL.Query() {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// Method returns the method that the request stands for: a POST may override it
// (wire reference 1.1).
func Method(r *http.Request) string {
	if r.Method != http.MethodPost {
		return r.Method
	}
	for _, header := range []string{"X-HTTP-METHOD", "X-HTTP-REQUEST", "X-HTTP-Method-Override"} {
		if m := strings.ToUpper(strings.TrimSpace(r.Header.Get(header))); m != "" {
			return m
		}
	}
	return r.Method
}

// Body reads the body within MaxBody.
func Body(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return nil, fault.New(fault.BadParameter, "The request body could not be read.")
	}
	if len(data) > MaxBody {
		return nil, fault.New(fault.PayloadTooLarge, "The request body is larger than %d bytes.", MaxBody)
	}
	return data, nil
}

// Decode reads the JSON object of the body into v. Neither v nor the error holds
// what was read if it is not one well-formed object; the error is of kind malformed.
func Decode(r *http.Request, v any, malformed fault.Kind) error {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		if media, _, err := mime.ParseMediaType(ct); err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
			return fault.New(fault.UnsupportedMediaType, "The request body must be of type application/json.")
		}
	}
	data, err := Body(r)
	if err != nil {
		return err
	}
	return Unmarshal(data, v, malformed)
}

// Unmarshal is Decode for a body that was read.
func Unmarshal(data []byte, v any, malformed fault.Kind) error {
	if err := checkDepth(data); err != nil {
		return fault.New(malformed, "The request body is nested too deeply.")
	}
	if err := json.Unmarshal(data, v); err != nil {
		// The error of encoding/json may quote the body: it must not go on.
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) && typed.Field != "" {
			return fault.New(malformed, "The property '%s' of the request body has a value of the wrong type.", printable(typed.Field))
		}
		return fault.New(malformed, "The request body is not a well-formed JSON object.")
	}
	return nil
}

var errDepth = errors.New("nested too deeply")

// checkDepth bounds nesting before anything recursive looks at the data.
func checkDepth(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return errDepth
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// errorBody is Azure's error envelope (wire reference 3.3, 4.0).
type errorBody struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Target  string      `json:"target,omitempty"`
	Inner   *innerError `json:"innererror,omitempty"`
}

type innerError struct {
	Code string `json:"code"`
}

// Reporter is a ResponseWriter that takes what the server's log, but no client, is to
// know of a failure. The server's are.
type Reporter interface {
	Report(err error)
}

// Report tells the server's log of an error that is the server's own affair.
func Report(w http.ResponseWriter, err error) {
	if r, ok := w.(Reporter); ok {
		r.Report(err)
	}
}

// WriteError answers with err in Azure's envelope. Only a *fault.Error's own words
// reach the client.
func WriteError(w http.ResponseWriter, err error) {
	f := fault.From(err)
	if f.Status() >= http.StatusInternalServerError {
		Report(w, err)
	}
	body := errorBody{errorDetail{Code: f.Code(), Message: f.Message, Target: f.Target}}
	if inner := f.Inner(); inner != "" {
		body.Error.Inner = &innerError{inner}
	}
	if f.Status() == http.StatusServiceUnavailable || f.Status() == http.StatusTooManyRequests {
		if w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "1")
		}
	}
	WriteJSON(w, f.Status(), body)
}

// WriteJSON answers with v as JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":{"code":"InternalError","message":"The answer could not be encoded."}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
