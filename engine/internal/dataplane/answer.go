package dataplane

import (
	"net/url"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// attributes writes the member attributes (wire reference 1.4, 1.5).
func (r *request) attributes(e *encoder, item *vault.Item) {
	e.member("attributes", '{')
	e.boolean("enabled", item.Enabled)
	if item.NotBefore != nil {
		e.integer("nbf", *item.NotBefore)
	}
	if item.Expires != nil {
		e.integer("exp", *item.Expires)
	}
	e.integer("created", item.Created)
	e.integer("updated", item.Updated)
	e.string("recoveryLevel", item.Recovery.Level)
	if r.api >= v71 {
		e.integer("recoverableDays", int64(item.Recovery.Days))
	}
	if item.Kind == vault.Keys && r.api >= v72 {
		e.boolean("exportable", item.Exportable)
		if r.api >= v75 {
			e.string("hsmPlatform", platform(item))
		}
	}
	e.close('}')
}

// platform is the hsmPlatform of a key: 0 for software, 2 for a module of FIPS 140-3
// level 3. What a token is certified for is not known, so the lowest of hardware is said.
func platform(item *vault.Item) string {
	if item.HSM {
		return "1"
	}
	return "0"
}

func tags(e *encoder, item *vault.Item) {
	if item.Tags != "" {
		e.raw("tags", string(item.Tags))
	}
}

// deletion writes what a deleted object has before everything else.
func (r *request) deletion(e *encoder, item *vault.Item) {
	if item.Deleted == 0 {
		return
	}
	e.url("recoveryId", r.hosts.Vault(item.Vault), "deleted"+string(item.Kind), item.Name)
	e.integer("deletedDate", item.Deleted)
	e.integer("scheduledPurgeDate", item.PurgeAt)
}

// itemID writes the id of an item, with its version if wanted.
func (r *request) itemID(e *encoder, name string, item *vault.Item, version bool) {
	base := r.hosts.Vault(item.Vault)
	if version {
		e.url(name, base, string(item.Kind), item.Name, item.Version)
	} else {
		e.url(name, base, string(item.Kind), item.Name)
	}
}

// secret writes a secret; value is nil where none is shown.
func (r *request) secret(e *encoder, item *vault.Item, value *string, version bool) {
	e.open('{')
	r.deletion(e, item)
	if value != nil {
		e.string("value", *value)
	}
	if item.ContentType != nil {
		e.string("contentType", *item.ContentType)
	}
	r.itemID(e, "id", item, version)
	if item.Managed {
		e.boolean("managed", true)
	}
	r.attributes(e, item)
	tags(e, item)
	e.close('}')
}

// key writes a key with its public part.
func (r *request) key(e *encoder, item *vault.Item) {
	e.open('{')
	r.deletion(e, item)
	e.member("key", '{')
	r.itemID(e, "kid", item, true)
	e.string("kty", item.Key.Type)
	e.member("key_ops", '[')
	for _, op := range item.Key.Ops {
		e.element(op)
	}
	e.close(']')
	switch p := &item.Key.Public; p.Kind {
	case keyprov.RSA:
		e.bytes("n", p.N)
		e.bytes("e", p.E)
	case keyprov.EC:
		e.string("crv", string(p.Curve))
		e.bytes("x", p.X)
		e.bytes("y", p.Y)
	}
	e.close('}')
	r.attributes(e, item)
	tags(e, item)
	if item.Managed {
		e.boolean("managed", true)
	}
	e.close('}')
}

// bundle is the answer for one object without a value.
func (r *request) bundle(item *vault.Item, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	e := newEncoder(1024)
	if item.Kind == vault.Keys {
		r.key(e, item)
	} else {
		r.secret(e, item, nil, true)
	}
	return e.buf, nil
}

// list is the answer for a page. Versions are listed with their version in the id,
// objects without.
func (r *request) list(l vault.List, path string, versions bool) []byte {
	e := newEncoder(256 + 512*len(l.Items))
	e.open('{')
	e.member("value", '[')
	for i := range l.Items {
		item := &l.Items[i]
		if item.Kind != vault.Keys {
			r.secret(e, item, nil, versions)
			continue
		}
		e.open('{')
		r.deletion(e, item)
		r.itemID(e, "kid", item, versions)
		r.attributes(e, item)
		tags(e, item)
		if item.Managed {
			e.boolean("managed", true)
		}
		e.close('}')
	}
	e.close(']')
	if l.Next == "" {
		e.raw("nextLink", "null")
	} else {
		e.string("nextLink", r.nextLink(path, l.Next))
	}
	e.close('}')
	return e.buf
}

// nextLink repeats the parameters that shape the list.
func (r *request) nextLink(path, token string) string {
	var b strings.Builder
	b.WriteString(r.hosts.Vault(r.route.ref.Vault))
	b.WriteString(path)
	b.WriteString("?api-version=")
	b.WriteString(url.QueryEscape(r.caller.Request.APIVersion))
	b.WriteString("&$skiptoken=")
	b.WriteString(token)
	if n := query(r, "maxresults"); n != "" {
		b.WriteString("&maxresults=")
		b.WriteString(url.QueryEscape(n))
	}
	return b.String()
}
