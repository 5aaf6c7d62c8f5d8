package login_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

func part(t testing.TB, token string, i int) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[i])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func header(t testing.TB, token string) map[string]any { return part(t, token, 0) }

func claims(t testing.TB, token string) map[string]any { return part(t, token, 1) }

func managed(w *identitytest.World) login.ManagedIdentity {
	return login.ManagedIdentity{AppID: w.Operator.AppID, Header: sensitive.NewString("header-secret")}
}
