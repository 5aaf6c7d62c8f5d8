package sensitive_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

func TestNothingPrintsASensitiveValue(t *testing.T) {
	const canary = "canary-5d1f"
	holder := struct {
		S sensitive.String
		B sensitive.Bytes
		P *sensitive.String
	}{S: sensitive.NewString(canary), B: sensitive.NewBytes([]byte(canary))}
	holder.P = &holder.S

	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", holder.S)
		fmt.Fprintf(&out, verb+"\n", holder.B)
		fmt.Fprintf(&out, verb+"\n", holder.P)
	}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "s", holder.S, "b", holder.B, "all", holder)
	out.Write(logged.Bytes())

	for _, leak := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprint([]byte(canary))} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("a sensitive value was printed: %q in\n%s", leak, out.String())
		}
	}
}

func TestEqualAndWipe(t *testing.T) {
	a, b := sensitive.NewBytes([]byte("abc")), sensitive.NewBytes([]byte("abc"))
	if !a.Equal(b) || a.Equal(sensitive.NewBytes([]byte("abd"))) {
		t.Error("Equal is wrong for bytes")
	}
	if !sensitive.NewString("x").Equal(sensitive.NewString("x")) || sensitive.NewString("x").Equal(sensitive.NewString("xy")) {
		t.Error("Equal is wrong for strings")
	}
	a.Wipe()
	if !bytes.Equal(a.Reveal(), make([]byte, 3)) {
		t.Error("Wipe left bytes behind")
	}
}
