package vault

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Optional is a property that a request may leave out. Given with a nil Value is an
// explicit null: it clears what an update finds.
type Optional[T any] struct {
	Given bool
	Value *T
}

// Some returns a given value.
func Some[T any](v T) Optional[T] { return Optional[T]{Given: true, Value: &v} }

// apply changes current as an update with o does.
func (o Optional[T]) apply(current **T) {
	if o.Given {
		*current = o.Value
	}
}

// AttributesInput are the attributes that a request may set; dates are in seconds
// since 1970-01-01 UTC.
type AttributesInput struct {
	Enabled            *bool
	NotBefore, Expires Optional[int64]
	Exportable         *bool
}

// Tags are an object's tags as a JSON object; empty if none were ever set.
type Tags string

// NewTags returns the tags of a map; empty for nil.
func NewTags(m map[string]string) Tags {
	if m == nil {
		return ""
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		panic(err) // a map of strings always encodes
	}
	return Tags(bytes.TrimSpace(buf.Bytes()))
}

// Limits of objects (wire reference 1.4, 2.1).
const (
	maxTags        = 15
	maxSecretTag   = 512
	maxKeyTag      = 256
	maxContentType = 255
	// MaxValue is the greatest length of a secret's value in bytes.
	MaxValue = 25 << 10
	// maxTime is the last second of the year 9999.
	maxTime = 253402300799
)

// invalidValue is what the service answers to a property that fails validation; the
// two blanks and the line end are its own.
func invalidValue() error { return fault.New(fault.BadParameter, "Property  has invalid value\r\n") }

func checkTags(kind Kind, tags Optional[map[string]string]) error {
	if tags.Value == nil {
		return nil
	}
	limit := maxKeyTag
	if kind == Secrets {
		limit = maxSecretTag
	}
	if len(*tags.Value) > maxTags {
		return invalidValue()
	}
	for name, value := range *tags.Value {
		if name == "" || utf8.RuneCountInString(name) > limit || utf8.RuneCountInString(value) > limit {
			return invalidValue()
		}
	}
	return nil
}

func (a AttributesInput) check() error {
	for _, t := range []*int64{a.NotBefore.Value, a.Expires.Value} {
		if t != nil && (*t < 0 || *t > maxTime) {
			return invalidValue()
		}
	}
	return checkOrder(a.NotBefore.Value, a.Expires.Value)
}

func checkOrder(notBefore, expires *int64) error {
	if notBefore != nil && expires != nil && *expires <= *notBefore {
		return fault.New(fault.BadParameter, "The attribute 'exp' must be later than the attribute 'nbf'.")
	}
	return nil
}

// start sets the attributes of a new version.
func (a AttributesInput) start(v *Version, now int64) {
	v.Enabled = a.Enabled == nil || *a.Enabled
	v.NotBefore, v.Expires = a.NotBefore.Value, a.Expires.Value
	v.Created, v.Updated = now, now
}

// update changes the attributes of a version.
func (a AttributesInput) update(v *Version, now int64) error {
	if a.Enabled != nil {
		v.Enabled = *a.Enabled
	}
	a.NotBefore.apply(&v.NotBefore)
	a.Expires.apply(&v.Expires)
	v.Updated = now
	return checkOrder(v.NotBefore, v.Expires)
}

func updateTags(v *Version, tags Optional[map[string]string]) {
	switch {
	case !tags.Given:
	case tags.Value == nil:
		v.Tags = ""
	default:
		v.Tags = NewTags(*tags.Value)
	}
}

func startTags(v *Version, tags Optional[map[string]string]) {
	if tags.Value != nil {
		v.Tags = NewTags(*tags.Value)
	}
}

func auditAttributes(v *Version) *audit.ObjectAttributeID {
	enabled := v.Enabled
	return &audit.ObjectAttributeID{Enabled: &enabled, NBF: v.NotBefore, EXP: v.Expires}
}

func auditSecret(rec *audit.Record, v *Version) {
	details := &audit.ObjectDetails{Attributes: auditAttributes(v)}
	if v.ContentType != nil {
		details.Type = *v.ContentType
	}
	rec.Properties.SecretProperties = details
}

// unix is the time in seconds, as it is stored.
func unix(t time.Time) int64 { return t.Unix() }
