package dataplane_test

import (
	"bytes"
	"fmt"
	"testing"
)

const badBackup = "The backup blob is not valid in this vault: it was changed, or was made in another subscription or geography."

func TestBackup(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.collection, func(t *testing.T) {
			w := newWorld(t)
			live := "/" + k.collection + "/Name"
			w.do("POST", live+"/backup", "").fails(t, 404, k.code, fmt.Sprintf(notFound, k.noun, "Name"))
			var versions []string
			for range 3 {
				versions = append(versions, w.ok(k.method, live+k.suffix, k.body).version())
			}
			w.ok("PATCH", live+"/"+versions[0], `{"tags":{"a":"b"},"attributes":{"enabled":false,"exp":1900000000}}`)
			list := w.ok("GET", live+"/versions", "").text
			current := w.ok("GET", live, "").text
			blob := w.ok("POST", live+"/backup", "").at("value")
			raw := unb64(t, blob)
			tag := "AzureKeyVault" + k.title + "BackupV1.microsoft.com"
			if int(raw[0]) != len(tag) || string(raw[1:1+len(tag)]) != tag {
				t.Errorf("blob begins with %q", raw[:1+len(tag)])
			}
			restore := func(raw []byte) answer {
				return w.do("POST", "/"+k.collection+"/restore", `{"value":"`+b64(raw)+`"}`)
			}
			restore(raw).fails(t, 409, "Conflict", fmt.Sprintf("There was a conflict restoring the %[1]s '%[2]s/%[3]s/Name/%[4]s'. This can happen if either: a second %[1]s with the same name was created after the first %[1]s was deleted; thus trying to restore a %[1]s whose name is already in use. To fix this, rename the second %[1]s to something else so that the restore works. The second probable cause of this exception is when multiple operations are performed in parallel against the %[1]s. To avoid this error, perform operations against a %[1]s in a sequential manner.",
				k.noun, base, k.collection, versions[2]))
			w.ok("DELETE", live, "")
			w.do("DELETE", "/deleted"+k.collection+"/Name", "")
			a := restore(raw)
			if a.status != 200 || a.version() != versions[2] || a.at("value") != "" {
				t.Fatalf("restore: %d %s", a.status, a.text)
			}
			if got := w.ok("GET", live+"/versions", "").text; got != list {
				t.Errorf("restored versions\n got %s\nwant %s", got, list)
			}
			if got := w.ok("GET", live, "").text; got != current {
				t.Errorf("restored\n got %s\nwant %s", got, current)
			}
			if rec := w.last(); rec.OperationName != k.title+"Get" {
				t.Errorf("%+v", rec)
			}
			// The next version follows those that were restored.
			v4 := w.ok(k.method, live+k.suffix, k.body).version()
			if got := w.ok("GET", live, "").version(); got != v4 {
				t.Errorf("current %s, want %s", got, v4)
			}

			w.vault = "near"
			if a := restore(raw); a.status != 200 {
				t.Errorf("restore in the same geography: %d %s", a.status, a.text)
			}
			w.vault = "rbac" // same location; not allowed to: says so before anything of the blob
			for _, v := range []string{"foreign", "far"} {
				w.vault = v
				restore(raw).fails(t, 400, "BadParameter", badBackup)
				w.ok(k.method, "/"+k.collection+"/other"+k.suffix, k.body)
				w.ok("POST", "/"+k.collection+"/other/backup", "")
				restore(raw).fails(t, 400, "BadParameter", badBackup)
			}
			w.vault = "protected"
			notBackup := "The value is not the backup of a " + k.noun + "."
			for name, c := range map[string]struct {
				raw     []byte
				message string
			}{
				"empty":   {nil, badValue},
				"cut":     {raw[:len(raw)-1], badBackup},
				"longer":  {append(bytes.Clone(raw), 0), badBackup},
				"tag":     {raw[1:], notBackup},
				"only":    {raw[:1+len(tag)], notBackup},
				"format":  {flip(raw, 1+len(tag), 3), "The backup is of format 2, which this version of the service does not know."},
				"version": {flip(raw, 2+len(tag), 1), badBackup},
				"nonce":   {flip(raw, 4+len(tag), 1), badBackup},
				"middle":  {flip(raw, len(raw)/2, 0x80), badBackup},
				"last":    {flip(raw, len(raw)-1, 1), badBackup},
			} {
				t.Run(name, func(t *testing.T) { restore(c.raw).fails(t, 400, "BadParameter", c.message) })
			}
			if a := w.ok("GET", "/"+k.collection, ""); a.at("value") != "[]" {
				t.Errorf("a bad blob was restored: %s", a.text)
			}
			w.as = nobody
			if a := restore(raw); a.status != 403 {
				t.Errorf("%d %s", a.status, a.text)
			}
		})
	}
}

func flip(b []byte, i int, mask byte) []byte {
	b = bytes.Clone(b)
	b[i] ^= mask
	return b
}

func TestBackupOfTheOtherKind(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	blob := w.ok("POST", "/secrets/s/backup", "").at("value")
	w.do("POST", "/keys/restore", `{"value":"`+blob+`"}`).fails(t, 400, "BadParameter", "The value is not the backup of a key.")
	// The tag is bound to what is behind it.
	raw := unb64(t, blob)
	tag := "AzureKeyVaultKeyBackupV1.microsoft.com"
	forged := append([]byte{byte(len(tag))}, tag...)
	forged = append(forged, raw[1+len("AzureKeyVaultSecretBackupV1.microsoft.com"):]...)
	w.do("POST", "/keys/restore", `{"value":"`+b64(forged)+`"}`).fails(t, 400, "BadParameter", badBackup)
}

func TestBackupHasALimit(t *testing.T) {
	w := newWorld(t)
	for range 500 {
		w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	}
	blob := w.ok("POST", "/secrets/s/backup", "").at("value")
	w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	w.do("POST", "/secrets/s/backup", "").fails(t, 400, "BadParameter", "The secret has more than 500 versions and cannot be backed up.")
	w.ok("DELETE", "/secrets/s", "")
	w.do("DELETE", "/deletedsecrets/s", "")
	w.ok("POST", "/secrets/restore", `{"value":"`+blob+`"}`)
}
