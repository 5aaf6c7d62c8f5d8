package armplane

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// Objects are keys and secrets of vaults as the management plane reaches them (wire
// reference 4.2). They are decided by actions of the management plane at the object's
// scope, such as Microsoft.KeyVault/vaults/keys/write, and neither by the vault's
// permission model nor by its firewall. vaultID is the ARM id of the vault; a vault of
// that name in another place is not found. Errors are faults of the management plane.
type Objects interface {
	// PutManagedKey makes a key if there is none of that name; otherwise it returns the
	// one that is there, unchanged.
	PutManagedKey(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref, in vault.KeyInput) (vault.Item, error)
	// GetManagedKey returns a version of a key, the current one if ref names none.
	GetManagedKey(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref) (vault.Item, error)
	// ListManagedKeys returns the keys of the vault, or the versions of the one that ref
	// names.
	ListManagedKeys(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref, page vault.Page) (vault.List, error)
	// PutManagedSecret makes a new version of a secret.
	PutManagedSecret(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref, in vault.SecretInput) (vault.Item, error)
	// UpdateManagedSecret changes what is not the value of the current version.
	UpdateManagedSecret(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref, in vault.SecretUpdate) (vault.Item, error)
	// GetManagedSecret returns the current version of a secret without its value.
	GetManagedSecret(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref) (vault.Item, error)
	// ListManagedSecrets returns the secrets of the vault.
	ListManagedSecrets(ctx context.Context, caller authz.Caller, vaultID string, ref vault.Ref, page vault.Page) (vault.List, error)
}

var objectRoutes = []route{
	{method: "PUT", pattern: oneVault + "/keys/{}", family: keyVault, handle: putKey},
	{method: "GET", pattern: oneVault + "/keys/{}", family: keyVault, handle: getKey},
	{method: "GET", pattern: oneVault + "/keys", family: keyVault, handle: listKeys},
	{method: "GET", pattern: oneVault + "/keys/{}/versions", family: keyVault, handle: listKeys},
	{method: "GET", pattern: oneVault + "/keys/{}/versions/{}", family: keyVault, handle: getKey},
	{method: "PUT", pattern: oneVault + "/secrets/{}", family: keyVault, handle: putSecret},
	{method: "PATCH", pattern: oneVault + "/secrets/{}", family: keyVault, handle: patchSecret},
	{method: "GET", pattern: oneVault + "/secrets/{}", family: keyVault, handle: getSecret},
	{method: "GET", pattern: oneVault + "/secrets", family: keyVault, handle: listSecrets},
}

// manage calls fn with what manages objects, the vault and the object of the request.
func (c *call) manage(fn func(o Objects, id string, ref vault.Ref) (reply, error)) (reply, error) {
	if c.objects == nil {
		return c.refuse(fault.New(fault.NotImplemented, "Keys and secrets cannot be managed through the management plane here; use the vault itself."))
	}
	id := c.vaultID()
	ref := vault.Ref{Vault: id.Name}
	if len(c.at) > 3 {
		ref.Name = c.at[3]
	}
	if len(c.at) > 4 {
		ref.Version = c.at[4]
	}
	return fn(c.objects, id.ResourceID(), ref)
}

// optional is a member that may be missing, null or there.
type optional[T any] struct{ vault.Optional[T] }

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(data []byte) error {
	o.Given = true
	return json.Unmarshal(data, &o.Value)
}

// attributesRequest are the attributes of a key or secret in requests.
type attributesRequest struct {
	Enabled    *bool           `json:"enabled"`
	NotBefore  optional[int64] `json:"nbf"`
	Expires    optional[int64] `json:"exp"`
	Exportable *bool           `json:"exportable"`
}

func (a *attributesRequest) input() vault.AttributesInput {
	return vault.AttributesInput{Enabled: a.Enabled, NotBefore: a.NotBefore.Optional, Expires: a.Expires.Optional, Exportable: a.Exportable}
}

type attributesBody struct {
	Enabled       bool   `json:"enabled"`
	NotBefore     *int64 `json:"nbf,omitempty"`
	Expires       *int64 `json:"exp,omitempty"`
	Created       int64  `json:"created"`
	Updated       int64  `json:"updated"`
	RecoveryLevel string `json:"recoveryLevel,omitempty"`
	Exportable    *bool  `json:"exportable,omitempty"`
}

// objectBody is a key or a secret in answers.
func (c *call) objectBody(collection string, version bool) func(*vault.Item) map[string]any {
	vaultID := c.vaultID()
	id := vaultID.ResourceID()
	return func(item *vault.Item) map[string]any {
		kind, noun := "Microsoft.KeyVault/vaults/"+collection, collection[:len(collection)-1]
		path, name := id+"/"+collection+"/"+item.Name, item.Name
		if version {
			path, name, kind = path+"/versions/"+item.Version, item.Version, kind+"/versions"
		}
		uri := c.hosts.Vault(item.Vault) + "/" + collection + "/" + item.Name
		attributes := attributesBody{
			Enabled: item.Enabled, NotBefore: item.NotBefore, Expires: item.Expires,
			Created: item.Created, Updated: item.Updated, RecoveryLevel: item.Recovery.Level,
		}
		properties := map[string]any{"attributes": &attributes, noun + "Uri": uri, noun + "UriWithVersion": uri + "/" + item.Version}
		if item.ContentType != nil {
			properties["contentType"] = *item.ContentType
		}
		if collection == "keys" {
			attributes.Exportable = &item.Exportable
			keyProperties(properties, item)
		}
		tags := json.RawMessage("{}")
		if item.Tags != "" {
			tags = json.RawMessage(item.Tags)
		}
		return map[string]any{"id": path, "name": name, "type": kind, "tags": tags, "properties": properties}
	}
}

func keyProperties(properties map[string]any, item *vault.Item) {
	if item.Key == nil {
		return
	}
	properties["kty"], properties["keyOps"] = item.Key.Type, item.Key.Ops
	if size := len(item.Key.Public.N) * 8; size > 0 {
		properties["keySize"] = size
	}
	if curve := string(item.Key.Public.Curve); curve != "" {
		properties["curveName"] = curve
	}
}

func putKey(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		var body struct {
			Tags       optional[map[string]string] `json:"tags"`
			Properties struct {
				Kty        string             `json:"kty"`
				KeyOps     optional[[]string] `json:"keyOps"`
				KeySize    *int               `json:"keySize"`
				CurveName  string             `json:"curveName"`
				Attributes attributesRequest  `json:"attributes"`

				RotationPolicy optional[json.RawMessage] `json:"rotationPolicy"`
				ReleasePolicy  optional[json.RawMessage] `json:"release_policy"`
			} `json:"properties"`
		}
		err := c.decode(&body)
		if err == nil && body.Properties.RotationPolicy.Value != nil {
			err = fault.New(fault.NotImplemented, "A rotation policy is set on the vault itself.")
		}
		if err != nil {
			return c.reject("Microsoft.KeyVault/vaults/keys/write", id, err)
		}
		p := &body.Properties
		in := vault.KeyInput{
			KeySettings: vault.KeySettings{Ops: p.KeyOps.Optional, Tags: body.Tags.Optional, Attributes: p.Attributes.input(), ReleasePolicy: p.ReleasePolicy.Value != nil},
			Type:        p.Kty, Size: p.KeySize, Curve: p.CurveName,
		}
		item, err := o.PutManagedKey(c.r.Context(), c.caller, id, ref, in)
		return done(c.objectBody("keys", false)(&item), err)
	})
}

func getKey(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		item, err := o.GetManagedKey(c.r.Context(), c.caller, id, ref)
		return done(c.objectBody("keys", ref.Version != "")(&item), err)
	})
}

func listKeys(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		page, err := c.objectPage()
		if err != nil {
			return c.reject("Microsoft.KeyVault/vaults/keys/read", id, err)
		}
		l, err := o.ListManagedKeys(c.r.Context(), c.caller, id, ref, page)
		return done(list{each(l.Items, c.objectBody("keys", ref.Name != "")), c.nextObjects(l.Next)}, err)
	})
}

// secretRequest is the body of PUT and PATCH of a secret.
type secretRequest struct {
	Tags       optional[map[string]string] `json:"tags"`
	Properties struct {
		Value       *string           `json:"value"`
		ContentType optional[string]  `json:"contentType"`
		Attributes  attributesRequest `json:"attributes"`
	} `json:"properties"`
}

func putSecret(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		var body secretRequest
		if err := c.decode(&body); err != nil {
			return c.reject("Microsoft.KeyVault/vaults/secrets/write", id, err)
		}
		p := &body.Properties
		var value *sensitive.String
		if p.Value != nil {
			secret := sensitive.NewString(*p.Value)
			value = &secret
		}
		item, err := o.PutManagedSecret(c.r.Context(), c.caller, id, ref, vault.SecretInput{
			Value: value, ContentType: p.ContentType.Optional, Tags: body.Tags.Optional, Attributes: p.Attributes.input(),
		})
		return done(c.objectBody("secrets", false)(&item), err)
	})
}

func patchSecret(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		var body secretRequest
		err := c.decode(&body)
		if err == nil && body.Properties.Value != nil {
			err = fault.New(fault.BadRequest, "The value of a secret is changed with PUT.")
		}
		if err != nil {
			return c.reject("Microsoft.KeyVault/vaults/secrets/write", id, err)
		}
		item, err := o.UpdateManagedSecret(c.r.Context(), c.caller, id, ref, vault.SecretUpdate{
			ContentType: body.Properties.ContentType.Optional, Tags: body.Tags.Optional, Attributes: body.Properties.Attributes.input(),
		})
		return done(c.objectBody("secrets", false)(&item), err)
	})
}

func getSecret(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		item, err := o.GetManagedSecret(c.r.Context(), c.caller, id, ref)
		return done(c.objectBody("secrets", false)(&item), err)
	})
}

func listSecrets(c *call) (reply, error) {
	return c.manage(func(o Objects, id string, ref vault.Ref) (reply, error) {
		page, err := c.objectPage()
		if err != nil {
			return c.reject("Microsoft.KeyVault/vaults/secrets/read", id, err)
		}
		l, err := o.ListManagedSecrets(c.r.Context(), c.caller, id, ref, page)
		return done(list{each(l.Items, c.objectBody("secrets", false)), c.nextObjects(l.Next)}, err)
	})
}

// objectPage reads $top and $skiptoken; the token is the vault's own.
func (c *call) objectPage() (vault.Page, error) {
	page := vault.Page{Token: c.query("$skiptoken")}
	if text := c.query("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return page, fault.New(fault.BadRequest, "The query parameter '$top' must be a positive number.")
		}
		page.Size = min(n, vault.MaxPage)
	}
	return page, nil
}

// managed returns what manages objects, if the value can.
func managed(v any) Objects {
	objects, _ := v.(Objects)
	return objects
}
