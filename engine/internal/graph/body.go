package graph

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// body is a JSON object of a request. Properties are taken from it one by one; what is
// left at the end goes to the object's extra properties, which the directory checks.
type body struct {
	properties map[string]json.RawMessage
	err        error
}

// readBody reads the body of the request as an object; an empty body is an empty
// object.
func (q *request) readBody() *body {
	b := &body{properties: map[string]json.RawMessage{}}
	if q.http.ContentLength == 0 {
		return b
	}
	b.err = httpx.Decode(q.http, &b.properties, fault.GraphBadRequest)
	if b.err == nil && b.properties == nil {
		b.err = fault.New(fault.GraphBadRequest, "The request body is not a well-formed JSON object.")
	}
	return b
}

// take removes a property and decodes it into a value of type T; nil if it is missing
// or null. The error does not quote the value.
func take[T any](b *body, name string) *T {
	raw, present := b.properties[name]
	if !present {
		return nil
	}
	delete(b.properties, name)
	if string(raw) == "null" {
		return nil
	}
	var value T
	if json.Unmarshal(raw, &value) != nil {
		if b.err == nil {
			f := fault.New(fault.GraphBadRequest, "Invalid value specified for property '%s': it has the wrong type.", name)
			f.Target = name
			b.err = f
		}
		return nil
	}
	return &value
}

// takeText is take for a text that null makes empty.
func takeText(b *body, name string) *string {
	if raw, present := b.properties[name]; present && string(raw) == "null" {
		delete(b.properties, name)
		return new(string)
	}
	return take[string](b, name)
}

// drop removes properties that a client sends back as it read them and cannot set.
func (b *body) drop(names ...string) {
	for name := range b.properties {
		if strings.HasPrefix(name, "@odata.") {
			delete(b.properties, name)
		}
	}
	for _, name := range names {
		delete(b.properties, name)
	}
}

// sub takes an object out of the body.
func (b *body) sub(name string) *body {
	properties := take[map[string]json.RawMessage](b, name)
	if properties == nil {
		return nil
	}
	return &body{properties: *properties}
}

// references takes the ids out of a list of addresses such as
// https://graph/v1.0/directoryObjects/{id}.
func (b *body) references(name string) []string {
	list := take[[]string](b, name)
	if list == nil {
		return nil
	}
	ids := make([]string, 0, len(*list))
	for _, address := range *list {
		ids = append(ids, lastSegment(address))
	}
	return ids
}

func lastSegment(address string) string {
	address = strings.TrimSuffix(address, "/")
	return address[strings.LastIndexByte(address, '/')+1:]
}

// user reads a user.
func (b *body) user() (directory.UserInput, error) {
	b.drop("id", "createdDateTime", "deletedDateTime", "accountType")
	in := directory.UserInput{
		UPN: take[string](b, "userPrincipalName"), DisplayName: take[string](b, "displayName"), Mail: takeText(b, "mail"),
		MailNickname: takeText(b, "mailNickname"), Enabled: take[bool](b, "accountEnabled"),
	}
	if profile := b.sub("passwordProfile"); profile != nil {
		if password := take[string](profile, "password"); password != nil {
			secret := sensitive.NewString(*password)
			in.Password = &secret
		}
		in.ForceChange = take[bool](profile, "forceChangePasswordNextSignIn")
		if in.ForceChange == nil {
			in.ForceChange = take[bool](profile, "forceChangePasswordNextSignInWithMfa")
		}
		if b.err == nil {
			b.err = profile.err
		}
	}
	in.Extra = b.properties
	return in, b.err
}

// group reads a group.
func (b *body) group() (directory.GroupInput, error) {
	in := directory.GroupInput{
		DisplayName: take[string](b, "displayName"), Description: takeText(b, "description"), MailNickname: takeText(b, "mailNickname"),
		Members: b.references("members@odata.bind"), Owners: b.references("owners@odata.bind"),
	}
	b.drop("id", "createdDateTime", "deletedDateTime", "renewedDateTime")
	in.Extra = b.properties
	return in, b.err
}

// application reads an application.
func (b *body) application() (directory.ApplicationInput, error) {
	b.drop("id", "appId", "createdDateTime", "deletedDateTime", "publisherDomain", "verifiedPublisher")
	in := directory.ApplicationInput{
		DisplayName: take[string](b, "displayName"), IdentifierURIs: take[[]string](b, "identifierUris"),
		PublicClient: take[bool](b, "isFallbackPublicClient"), Owners: b.references("owners@odata.bind"),
		Keys: b.keys(), Passwords: b.passwords(),
	}
	var web map[string]json.RawMessage
	for name, to := range map[string]**[]string{"web": &in.WebRedirectURIs, "spa": &in.SPARedirectURIs, "publicClient": &in.PublicRedirectURIs} {
		part := b.sub(name)
		if part == nil {
			continue
		}
		*to = take[[]string](part, "redirectUris")
		if b.err == nil {
			b.err = part.err
		}
		if name == "web" {
			delete(part.properties, "redirectUriSettings")
			web = part.properties
		}
	}
	if len(web) > 0 {
		raw, err := json.Marshal(web)
		if err != nil {
			return in, err
		}
		b.properties["web"] = raw
	}
	in.Extra = b.properties
	return in, b.err
}

// servicePrincipal reads a service principal.
func (b *body) servicePrincipal() (directory.ServicePrincipalInput, error) {
	b.drop("id", "createdDateTime", "deletedDateTime", "appDisplayName", "appOwnerOrganizationId", "displayName", "servicePrincipalNames", "appDescription", "signInAudience")
	in := directory.ServicePrincipalInput{
		AppID: take[string](b, "appId"), Enabled: take[bool](b, "accountEnabled"), Owners: b.references("owners@odata.bind"),
		Keys: b.keys(), Passwords: b.passwords(),
	}
	in.Extra = b.properties
	return in, b.err
}

// wireCredential is a password or key credential on the wire.
type wireCredential struct {
	CustomKeyIdentifier *string `json:"customKeyIdentifier"`
	DisplayName         *string `json:"displayName"`
	EndDateTime         *string `json:"endDateTime"`
	Key                 *string `json:"key"`
	KeyID               *string `json:"keyId"`
	StartDateTime       *string `json:"startDateTime"`
	Type                *string `json:"type"`
	Usage               *string `json:"usage"`
}

func (b *body) passwords() *[]string {
	list := take[[]wireCredential](b, "passwordCredentials")
	if list == nil {
		return nil
	}
	ids := []string{}
	for _, c := range *list {
		id, ok := directory.ParseID(text(c.KeyID))
		if !ok {
			b.refuse("passwordCredentials", "new password credentials must be generated with addPassword")
			return nil
		}
		ids = append(ids, id)
	}
	return &ids
}

// keys reads keyCredentials: the certificate is DER, or PEM, in base64.
func (b *body) keys() *[]directory.Credential {
	list := take[[]wireCredential](b, "keyCredentials")
	if list == nil {
		return nil
	}
	keys := []directory.Credential{}
	for _, c := range *list {
		key := directory.Credential{DisplayName: text(c.DisplayName), Start: b.time(c.StartDateTime, "startDateTime"), End: b.time(c.EndDateTime, "endDateTime")}
		if t := text(c.Type); t != "" && t != "AsymmetricX509Cert" {
			b.refuse("keyCredentials", "the type must be AsymmetricX509Cert")
		}
		if u := text(c.Usage); u != "" && u != "Verify" {
			b.refuse("keyCredentials", "the usage must be Verify")
		}
		var ok bool
		if id := text(c.KeyID); id != "" {
			if key.KeyID, ok = directory.ParseID(id); !ok {
				b.refuse("keyCredentials", "the keyId is not a GUID")
			}
		}
		var err, err2 error
		key.Certificate, err = base64.StdEncoding.DecodeString(text(c.Key))
		key.Identifier, err2 = base64.StdEncoding.DecodeString(text(c.CustomKeyIdentifier))
		if err2 != nil {
			key.Identifier = []byte(text(c.CustomKeyIdentifier))
		}
		if err != nil || len(key.Identifier) > 256 || len(key.DisplayName) > 256 {
			b.refuse("keyCredentials", "the certificate is not base64, or a value is too long")
		}
		keys = append(keys, key)
	}
	return &keys
}

func (b *body) refuse(property, why string) {
	if b.err == nil {
		f := fault.New(fault.GraphBadRequest, "Invalid value specified for property '%s': %s.", property, why)
		f.Target = property
		b.err = f
	}
}

// time reads an RFC 3339 time; missing is the zero time.
func (b *body) time(value *string, property string) time.Time {
	if value == nil || *value == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, *value)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		b.refuse(property, "it is not a time of the form 2006-01-02T15:04:05Z")
	}
	return t
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// federated reads a federated identity credential.
func (b *body) federated() (directory.FederatedInput, error) {
	b.drop("id")
	in := directory.FederatedInput{
		Name: take[string](b, "name"), Issuer: take[string](b, "issuer"), Subject: take[string](b, "subject"),
		Audiences: take[[]string](b, "audiences"), Description: takeText(b, "description"),
	}
	for name, raw := range b.properties {
		if string(raw) != "null" && b.err == nil {
			b.err = fault.New(fault.GraphBadRequest, "Invalid property '%s'.", printable(name))
		}
	}
	return in, b.err
}
