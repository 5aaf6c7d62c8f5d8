package armplane_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

func TestRecords(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "vault1")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	w.call("root", "GET", path+v2024, nil).want(200, "")
	w.call("root", "PUT", "/subscriptions/"+sub+"/resourcegroups/new"+vr, object{"location": "eastus"}).want(201, "")
	w.principal("app")
	w.call("app", "PATCH", path+v2024, object{}).want(403, "AuthorizationFailed")
	w.call("app", "PATCH", path+v2024, "{").want(403, "AuthorizationFailed")
	w.call("nobody known", "GET", path+v2024, nil).want(401, "AuthenticationFailed")
	w.call("root", "GET", "/nonsense"+v2024, nil).want(404, "NotFound")
	records := w.records()
	want := []struct {
		category, name string
		status         float64
	}{
		{"AuditEvent", "VaultPut", 200}, {"AuditEvent", "VaultGet", 200},
		{"Administrative", "Microsoft.Resources/subscriptions/resourceGroups/write", 200},
		{"AuditEvent", "VaultPatch", 403}, {"Administrative", "Microsoft.KeyVault/vaults/write", 403},
		{"Administrative", "Authentication", 401}, {"Administrative", "Unknown", 404},
	}
	if len(records) != len(want) {
		t.Fatalf("%d records, want %d", len(records), len(want))
	}
	for i, r := range records {
		properties := r["properties"].(object)
		if r["category"] != want[i].category || r["operationName"] != want[i].name || properties["httpStatusCode"] != want[i].status {
			t.Errorf("record %d is %v %v %v", i, r["category"], r["operationName"], properties["httpStatusCode"])
		}
	}
	first := records[0]
	if first["resourceId"] != "/SUBSCRIPTIONS/5B000000-0000-4000-8000-000000000002/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/VAULT1" {
		t.Errorf("resourceId %v", first["resourceId"])
	}
	p := first["properties"].(object)
	if p["id"] != "https://vault1.vault.coffer.test/" || p["properties"].(object)["enableRbacAuthorization"] != false || first["operationVersion"] != "2024-11-01" {
		t.Errorf("%v", first)
	}
}

// Nobody gets anything: every method refuses, records, and changes nothing.
func TestNobodyIsRefusedEverywhere(t *testing.T) {
	w := newWorld(t)
	service := reflect.ValueOf(w.service)
	caller := reflect.TypeFor[authz.Caller]()
	called := 0
	for i := range service.NumMethod() {
		method, name := service.Method(i), service.Type().Method(i).Name
		if method.Type().NumIn() < 2 || method.Type().In(1) != caller {
			if name != "TenantID" {
				t.Errorf("%s takes no caller", name)
			}
			continue
		}
		args := []reflect.Value{reflect.ValueOf(context.Background())}
		for j := 1; j < method.Type().NumIn(); j++ {
			args = append(args, reflect.Zero(method.Type().In(j)))
		}
		generation, records := w.generation(), len(w.records())
		out := method.Call(args)
		err, _ := out[len(out)-1].Interface().(error)
		var f *fault.Error
		if !errors.As(err, &f) || f.Status() != 401 {
			t.Errorf("%s answers %v", name, err)
		}
		if w.generation() != generation {
			t.Errorf("%s changed something", name)
		}
		if len(w.records()) != records+1 {
			t.Errorf("%s left %d records", name, len(w.records())-records)
		}
		called++
	}
	if called < 40 {
		t.Fatalf("%d methods", called)
	}
}

// A principal that the directory has disabled is refused although its token is good.
func TestUnknownPrincipalIsRefused(t *testing.T) {
	w := newWorld(t)
	w.auth.callers["ghost"] = authz.Caller{Issuer: "i", TenantID: tenant, ObjectID: guid(1), AppID: guid(2), Type: authz.ServicePrincipal}
	got := w.call("ghost", "GET", "/subscriptions"+vr, nil).want(401, "InvalidAuthenticationToken")
	if got.header.Get("WWW-Authenticate") == "" {
		t.Fatal("no challenge")
	}
}
