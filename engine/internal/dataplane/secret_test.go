package dataplane_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	base     = "https://policy.vault." + domain
	notFound = "A %[1]s with (name/id) %[2]s was not found in this key vault. If you recently deleted this %[1]s you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
	blocked  = "%[1]s %[2]s is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the %[3]s can only be recovered or purged."
	badValue = "Property  has invalid value\r\n"
)

func TestSecretBundles(t *testing.T) {
	w := newWorld(t)
	a := w.ok("PUT", "/secrets/Db-Pass", `{"value":"a\"<&>é","contentType":"text/plain","attributes":{"enabled":true,"nbf":1700000000,"exp":1900000000},"tags":{"b":"2","a":"<1>"}}`)
	v1 := a.version()
	id := base + "/secrets/Db-Pass/" + v1
	attributes := `{"enabled":true,"nbf":1700000000,"exp":1900000000,"created":1800000000,"updated":1800000000,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90}`
	value := `"a\"\u003c\u0026\u003eé"`
	want := `{"value":` + value + `,"contentType":"text/plain","id":"` + id + `","attributes":` + attributes + `,"tags":{"a":"<1>","b":"2"}}`
	if a.text != want {
		t.Errorf("set\n got %s\nwant %s", a.text, want)
	}
	w.advance(time.Second)
	// Every spelling of the current version and of the name is the same secret, whose id
	// keeps the letters of its creation.
	for _, path := range []string{"/secrets/Db-Pass/", "/secrets/db-pass", "//secrets/DB-PASS", "/Secrets/db-pass/" + strings.ToUpper(v1), "/secrets/db-pass/" + v1 + "/"} {
		if got := w.ok("GET", path, ""); got.text != want {
			t.Errorf("GET %s\n got %s\nwant %s", path, got.text, want)
		}
	}
	item := strings.Replace(want, `"value":`+value+`,`, "", 1)
	list := strings.Replace(item, id, base+"/secrets/Db-Pass", 1)
	if got := w.ok("GET", "/secrets", "").text; got != `{"value":[`+list+`],"nextLink":null}` {
		t.Errorf("list: %s", got)
	}
	if got := w.ok("GET", "/secrets/db-pass/versions", "").text; got != `{"value":[`+item+`],"nextLink":null}` {
		t.Errorf("versions: %s", got)
	}
	deleted := `{"recoveryId":"` + base + `/deletedsecrets/Db-Pass","deletedDate":1800000001,"scheduledPurgeDate":1807776001,`
	if got := w.ok("DELETE", "/secrets/db-pass", "").text; got != deleted+item[1:] {
		t.Errorf("delete\n got %s\nwant %s", got, deleted+item[1:])
	}
	if got := w.ok("GET", "/deletedsecrets/DB-pass/", "").text; got != deleted+item[1:] {
		t.Errorf("get deleted: %s", got)
	}
	if got := w.ok("GET", "/deletedsecrets", "").text; got != `{"value":[`+deleted+list[1:]+`],"nextLink":null}` {
		t.Errorf("list deleted: %s", got)
	}
	if got := w.ok("POST", "/deletedsecrets/DB-PASS/recover", "").text; got != item {
		t.Errorf("recover: %s", got)
	}
	w.api = "7.0"
	if got := w.ok("GET", "/secrets/db-pass", "").text; got != strings.Replace(want, `,"recoverableDays":90`, "", 1) {
		t.Errorf("at 7.0: %s", got)
	}
	w.ok("DELETE", "/secrets/db-pass", "")
	if a := w.do("DELETE", "/deletedsecrets/db-pass", ""); a.status != http.StatusNoContent || a.text != "" {
		t.Errorf("purge: %d %q", a.status, a.text)
	}
}

func TestSecretDefaultsAreLeftOut(t *testing.T) {
	w := newWorld(t)
	a := w.ok("PUT", "/secrets/s", `{"value":""}`)
	want := `{"value":"","id":"` + base + `/secrets/s/` + a.version() + `","attributes":{"enabled":true,"created":1800000000,"updated":1800000000,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90}}`
	if a.text != want {
		t.Errorf("got %s\nwant %s", a.text, want)
	}
	// Tags that were set to none are not the same as tags that were never set.
	if a := w.ok("PUT", "/secrets/s", `{"value":"x","tags":{}}`); !strings.Contains(a.text, `"tags":{}`) {
		t.Errorf("no empty tags: %s", a.text)
	}
}

func TestSecretUpdate(t *testing.T) {
	w := newWorld(t)
	v1 := w.ok("PUT", "/secrets/s", `{"value":"one","contentType":"a","tags":{"k":"v"},"attributes":{"nbf":10,"exp":20}}`).version()
	w.advance(time.Minute)
	v2 := w.ok("PUT", "/secrets/s", `{"value":"two"}`).version()
	w.advance(time.Minute)

	a := w.ok("PATCH", "/secrets/s/"+v1, `{"value":"ignored","attributes":{"enabled":false}}`)
	if a.at("value") != "" || a.at("contentType") != "a" || a.at("tags.k") != "v" || a.at("attributes.enabled") != "false" ||
		a.at("attributes.nbf") != "10" || a.at("attributes.created") != "1800000000" || a.at("attributes.updated") != "1800000120" {
		t.Errorf("update of the first version: %s", a.text)
	}
	if a := w.ok("GET", "/secrets/s", ""); a.version() != v2 || a.at("value") != "two" {
		t.Errorf("the update moved the current version: %s", a.text)
	}
	w.do("GET", "/secrets/s/"+v1, "").fails(t, 403, "Forbidden/SecretDisabled", "Operation get is not allowed on a disabled secret.")
	a = w.ok("PATCH", "/secrets/s/"+v1, `{"attributes":{"enabled":true,"nbf":null,"exp":null},"tags":{"n":"w"},"contentType":null}`)
	if a.at("attributes.nbf") != "" || a.at("attributes.exp") != "" || a.at("tags") != `{"n":"w"}` || a.at("contentType") != "" {
		t.Errorf("update that clears: %s", a.text)
	}
	if a := w.ok("GET", "/secrets/s/"+v1, ""); a.at("value") != "one" {
		t.Errorf("value after updates: %s", a.text)
	}
	// The dates together must make sense, also when only one of them is changed.
	w.ok("PATCH", "/secrets/s/", `{"attributes":{"nbf":100}}`)
	w.do("PATCH", "/secrets/s/", `{"attributes":{"exp":100}}`).fails(t, 400, "BadParameter", "The attribute 'exp' must be later than the attribute 'nbf'.")
	if a := w.ok("GET", "/secrets/s", ""); a.at("attributes.exp") != "" {
		t.Errorf("the refused update changed the secret: %s", a.text)
	}
	w.do("PATCH", "/secrets/none", `{}`).fails(t, 404, "SecretNotFound", fmt.Sprintf(notFound, "secret", "none"))
	// Dates do not keep a secret from being read, only enabled does, whatever older
	// versions are.
	w.ok("PUT", "/secrets/s", `{"value":"three","attributes":{"exp":1}}`)
	w.ok("GET", "/secrets/s", "")
	w.ok("PUT", "/secrets/s", `{"value":"four","attributes":{"enabled":false}}`)
	w.do("GET", "/secrets/s", "").fails(t, 403, "Forbidden/SecretDisabled", "Operation get is not allowed on a disabled secret.")
	w.ok("POST", "/secrets/s/backup", "")
}

func TestSecretBadInput(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/secrets/s", `{"value":"kept"}`)
	tags := func(n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(`"t%d":"v"`, i))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	notJSON := "The request body is not a well-formed JSON object."
	for name, c := range map[string]struct{ body, message string }{
		"empty body":          {``, notJSON},
		"array":               {`[]`, notJSON},
		"null":                {`null`, notJSON},
		"cut off":             {`{"value":"x"`, notJSON},
		"two values":          {`{"value":"x"}{}`, notJSON},
		"no value":            {`{}`, badValue},
		"null value":          {`{"value":null}`, badValue},
		"number as value":     {`{"value":1}`, "The property 'value' of the request body has a value of the wrong type."},
		"value too long":      {`{"value":"` + strings.Repeat("x", 25601) + `"}`, badValue},
		"content type length": {`{"value":"x","contentType":"` + strings.Repeat("c", 256) + `"}`, badValue},
		"16 tags":             {`{"value":"x","tags":` + tags(16) + `}`, badValue},
		"empty tag name":      {`{"value":"x","tags":{"":"v"}}`, badValue},
		"long tag":            {`{"value":"x","tags":{"k":"` + strings.Repeat("v", 513) + `"}}`, badValue},
		"null tag":            {`{"value":"x","tags":{"k":null}}`, "The value of a tag must be a string."},
		"exp is nbf":          {`{"value":"x","attributes":{"nbf":5,"exp":5}}`, "The attribute 'exp' must be later than the attribute 'nbf'."},
		"negative exp":        {`{"value":"x","attributes":{"exp":-1}}`, badValue},
		"exp after 9999":      {`{"value":"x","attributes":{"exp":253402300800}}`, badValue},
		"fraction":            {`{"value":"x","attributes":{"exp":1.5}}`, "The property 'attributes.exp' of the request body has a value of the wrong type."},
		"date as text":        {`{"value":"x","attributes":{"exp":"2030-01-01"}}`, "The property 'attributes.exp' of the request body has a value of the wrong type."},
		"not UTF-8":           {"{\"value\":\"\xff\"}", "The request body is not valid UTF-8."},
		"half a surrogate":    {`{"value":"\ud800"}`, "The request body is not valid UTF-8."},
		"halves swapped":      {`{"value":"\udc00\ud800"}`, "The request body is not valid UTF-8."},
		"deep":                {`{"value":"x","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "The request body is nested too deeply."},
	} {
		t.Run(name, func(t *testing.T) { w.do("PUT", "/secrets/s", c.body).fails(t, 400, "BadParameter", c.message) })
	}
	if a := w.ok("GET", "/secrets/s/versions", ""); len(a.body["value"].([]any)) != 1 {
		t.Errorf("bad input made a version: %s", a.text)
	}
	for name, body := range map[string]string{
		"longest value": `{"value":"` + strings.Repeat("é", 12800) + `"}`,
		"15 tags":       `{"value":"x","tags":` + tags(15) + `}`,
		"tag of 512":    `{"value":"x","tags":{"k":"` + strings.Repeat("é", 512) + `"}}`,
		"unknown field": `{"value":"x","unknown":{"a":[1]},"attributes":{"created":1,"recoveryLevel":"x"}}`,
		"surrogates":    `{"value":"\ud83d\ude00 \\ud800"}`,
		"null object":   `{"value":"x","tags":null,"attributes":null,"contentType":null}`,
	} {
		t.Run(name, func(t *testing.T) { w.TB = t; w.ok("PUT", "/secrets/other", body) })
	}
	r := w.request("PUT", "/secrets/s", `{"value":"x"}`)
	r.Header.Set("Content-Type", "text/plain")
	w.send(r).fails(t, 415, "UnsupportedMediaType", "The request body must be of type application/json.")
	w.do("PUT", "/secrets/s", `{"value":"`+strings.Repeat("x", 1<<20)+`"}`).fails(t, 413, "RequestEntityTooLarge", "The request body is larger than 1048576 bytes.")
}

func TestSecretNames(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("n", 127)
	w.ok("PUT", "/secrets/"+long, `{"value":"x"}`)
	w.ok("PUT", "/secrets/0", `{"value":"x"}`)
	w.ok("PUT", "/secrets/-", `{"value":"x"}`)
	for path, name := range map[string]string{
		"/secrets/My_Azure_Secret":  "My_Azure_Secret",
		"/secrets/" + long + "n":    long + "n",
		"/secrets/a%2Fb":            "a/b",
		"/secrets/a%5Cb":            `a\b`,
		"/secrets/..":               "..",
		"/secrets/%2E%2E":           "..",
		"/secrets/%2e":              ".",
		"/secrets/a%00":             "a",
		"/secrets/a%20b":            "a b",
		"/secrets/%C3%A9":           "é",
		"/secrets/a.b":              "a.b",
		"/secrets/a~b":              "a~b",
		"/secrets/%EF%BC%A1":        "\uff21",
		"/secrets/K%E2%84%AA":       "K\u212a",
		"/secrets/" + "a%0Ab":       "ab",
		"/secrets/a;b":              "a;b",
		"/secrets/a%25":             "a%",
		"/secrets/x%3Fapi-version=": "x?api-version=",
	} {
		a := w.do("GET", path, "")
		if want := "The request URI contains an invalid name: " + name; a.status != 400 || a.at("error.message") != want {
			t.Errorf("GET %s: %d %q, want %q", path, a.status, a.at("error.message"), want)
		}
		if a := w.do("PUT", path, `{"value":"x"}`); a.status != 400 {
			t.Errorf("PUT %s: %d", path, a.status)
		}
	}
	if a := w.ok("GET", "/secrets", ""); len(a.body["value"].([]any)) != 3 {
		t.Errorf("a bad name made a secret: %s", a.text)
	}
}
