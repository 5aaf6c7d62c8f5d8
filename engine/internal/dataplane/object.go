package dataplane

import (
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

func serveList(r *request) ([]byte, error) {
	l, err := r.vault.List(r.ctx, r.caller, r.route.kind, r.route.ref, r.page())
	if err != nil {
		return nil, err
	}
	return r.list(l, "/"+string(r.route.kind), false), nil
}

func serveListDeleted(r *request) ([]byte, error) {
	l, err := r.vault.ListDeleted(r.ctx, r.caller, r.route.kind, r.route.ref, r.page())
	if err != nil {
		return nil, err
	}
	return r.list(l, "/deleted"+string(r.route.kind), false), nil
}

func serveListVersions(r *request) ([]byte, error) {
	l, err := r.vault.ListVersions(r.ctx, r.caller, r.route.kind, r.route.ref, r.page())
	if err != nil {
		return nil, err
	}
	return r.list(l, "/"+string(r.route.kind)+"/"+r.route.ref.Name+"/versions", true), nil
}

func serveDelete(r *request) ([]byte, error) {
	item, err := r.vault.Delete(r.ctx, r.caller, r.route.kind, r.route.ref)
	return r.bundle(&item, err)
}

func serveGetDeleted(r *request) ([]byte, error) {
	item, err := r.vault.GetDeleted(r.ctx, r.caller, r.route.kind, r.route.ref)
	return r.bundle(&item, err)
}

func serveRecover(r *request) ([]byte, error) {
	item, err := r.vault.Recover(r.ctx, r.caller, r.route.kind, r.route.ref)
	return r.bundle(&item, err)
}

func servePurge(r *request) ([]byte, error) {
	return nil, r.vault.Purge(r.ctx, r.caller, r.route.kind, r.route.ref)
}

func serveBackup(r *request) ([]byte, error) {
	blob, err := r.vault.Backup(r.ctx, r.caller, r.route.kind, r.route.ref)
	if err != nil {
		return nil, err
	}
	e := newEncoder(len(blob)*4/3 + 32)
	e.open('{')
	e.bytes("value", blob)
	e.close('}')
	return e.buf, nil
}

// maxRestore bounds the body of a restore: the largest backup, encoded.
const maxRestore = 33 << 20

type restoreBody struct {
	Value base64URL `json:"value"`
}

func serveRestore(r *request) ([]byte, error) {
	var body restoreBody
	if err := r.decodeUpTo(&body, maxRestore); err != nil {
		return nil, r.refuse(err)
	}
	item, err := r.vault.Restore(r.ctx, r.caller, r.route.kind, r.route.ref, body.Value)
	return r.bundle(&item, err)
}

// malformed is the answer to a body that lacks what the operation needs.
func malformed() error { return fault.New(fault.BadParameter, "Property  has invalid value\r\n") }
