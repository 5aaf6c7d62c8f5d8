package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// Every exported method of a service that takes a caller refuses nobody, leaves one
// audit record at least, and changes nothing. A method that takes no caller is one
// that gives no access: it must be in the list.
func TestEveryServiceMethodRefusesTheZeroCaller(t *testing.T) {
	withoutCaller := map[string]string{
		"directory.Service.TenantID": "a constant of the deployment",
	}
	e, err := Open(context.Background(), Options{Database: filepath.Join(t.TempDir(), "coffer.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	tried := 0
	for _, service := range e.services() {
		v := reflect.ValueOf(service)
		for i := range v.NumMethod() {
			method := v.Type().Method(i)
			name := v.Type().Elem().String() + "." + method.Name
			args, hasCaller := zeroArguments(v.Method(i).Type())
			if !hasCaller {
				if _, ok := withoutCaller[name]; !ok && takesContext(v.Method(i).Type()) {
					t.Errorf("%s takes no caller; if it gives no access, list it here with the reason", name)
				}
				continue
			}
			tried++
			before, records := e.fingerprint(t)
			err := callError(t, name, v.Method(i), args)
			after, recordsAfter := e.fingerprint(t)
			var f *fault.Error
			if !errors.As(err, &f) || f.Status() != 401 && f.Status() != 403 {
				t.Errorf("%s(zero caller) = %v, want a refusal", name, err)
			}
			if recordsAfter == records {
				t.Errorf("%s(zero caller) left no audit record", name)
			}
			if !bytes.Equal(before, after) {
				t.Errorf("%s(zero caller) changed the database", name)
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d methods were tried", tried)
	}
}

func takesContext(m reflect.Type) bool {
	return m.NumIn() > 0 && m.In(0) == reflect.TypeFor[context.Context]()
}

func zeroArguments(m reflect.Type) (args []reflect.Value, hasCaller bool) {
	n := m.NumIn()
	if m.IsVariadic() {
		n--
	}
	for i := range n {
		switch in := m.In(i); {
		case in == reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(context.Background()))
		case in == reflect.TypeFor[authz.Caller]():
			hasCaller = true
			args = append(args, reflect.Zero(in))
		case in == reflect.TypeFor[io.Reader]():
			args = append(args, reflect.ValueOf(bytes.NewReader(nil)))
		case in == reflect.TypeFor[io.Writer]():
			args = append(args, reflect.ValueOf(io.Discard))
		case in.Kind() == reflect.Func:
			args = append(args, reflect.MakeFunc(in, func([]reflect.Value) []reflect.Value {
				out := make([]reflect.Value, in.NumOut())
				for i := range out {
					out[i] = reflect.Zero(in.Out(i))
				}
				return out
			}))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	return args, hasCaller
}

// callError calls the method and returns its last result, which must be an error.
func callError(t *testing.T, name string, method reflect.Value, args []reflect.Value) error {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s(zero caller) panics: %v", name, p)
		}
	}()
	results := method.Call(args)
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

// fingerprint returns the contents of every table but the audit log, and the number of
// audit records.
func (e *Engine) fingerprint(t *testing.T) (state []byte, records uint64) {
	t.Helper()
	err := e.db.View(context.Background(), func(v *store.View) error {
		var err error
		if state, err = v.Dump("audit_batches"); err != nil {
			return err
		}
		var verifier audit.Verifier
		err = v.AuditBatches(0, verifier.Add)
		records = verifier.Head.Seq
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return state, records
}
