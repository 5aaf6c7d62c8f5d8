package graph

import (
	"crypto/sha1" //nolint:gosec // The default of customKeyIdentifier is the SHA-1 thumbprint.
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// optional is nil, which is null on the wire, for empty text.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func withExtra(o map[string]any, extra directory.Extra) map[string]any {
	for name, value := range extra {
		if _, own := o[name]; !own {
			o[name] = value
		}
	}
	return o
}

func renderUser(u directory.User) map[string]any {
	o := map[string]any{
		"id": u.ID, "userPrincipalName": u.UPN, "displayName": u.DisplayName, "accountEnabled": u.Enabled,
		"mail": optional(u.Mail), "mailNickname": optional(u.MailNickname), "createdDateTime": stamp(u.Created),
		"businessPhones": []string{},
	}
	for _, name := range []string{"givenName", "surname", "jobTitle", "mobilePhone", "officeLocation", "preferredLanguage"} {
		o[name] = nil
	}
	maps.Copy(o, anyValues(u.Extra))
	if _, set := o["userType"]; !set {
		o["userType"] = "Member"
	}
	return o
}

func anyValues(extra directory.Extra) map[string]any {
	values := make(map[string]any, len(extra))
	for name, value := range extra {
		values[name] = value
	}
	return values
}

func renderGroup(g directory.Group) map[string]any {
	return withExtra(map[string]any{
		"id": g.ID, "displayName": g.DisplayName, "description": optional(g.Description), "mailNickname": optional(g.MailNickname),
		"mailEnabled": false, "securityEnabled": true, "groupTypes": []string{}, "mail": nil, "isAssignableToRole": false,
		"createdDateTime": stamp(g.Created),
	}, g.Extra)
}

func renderApplication(a directory.Application) map[string]any {
	passwords, keys := renderCredentials(a.Credentials)
	web := map[string]any{}
	if raw, ok := a.Extra["web"]; ok {
		_ = json.Unmarshal(raw, &web)
	}
	web["redirectUris"] = list(a.WebRedirectURIs)
	o := map[string]any{
		"id": a.ID, "appId": a.AppID, "displayName": a.DisplayName, "identifierUris": list(a.IdentifierURIs),
		"createdDateTime": stamp(a.Created), "isFallbackPublicClient": a.PublicClient,
		"passwordCredentials": passwords, "keyCredentials": keys,
		"web": web, "spa": map[string]any{"redirectUris": list(a.SPARedirectURIs)},
		"publicClient": map[string]any{"redirectUris": list(a.PublicRedirectURIs)},
	}
	withExtra(o, a.Extra)
	for name, value := range map[string]any{
		"signInAudience": "AzureADMyOrg", "appRoles": []any{}, "requiredResourceAccess": []any{}, "tags": []any{},
	} {
		if _, set := o[name]; !set {
			o[name] = value
		}
	}
	return o
}

func renderServicePrincipal(p directory.ServicePrincipal) map[string]any {
	passwords, keys := renderCredentials(p.Credentials)
	o := withExtra(map[string]any{
		"id": p.ID, "appId": p.AppID, "displayName": p.DisplayName, "appDisplayName": p.DisplayName, "accountEnabled": p.Enabled,
		"servicePrincipalNames": append([]string{p.AppID}, p.IdentifierURIs...), "servicePrincipalType": "Application",
		"createdDateTime": stamp(p.Created), "passwordCredentials": passwords, "keyCredentials": keys,
	}, p.Extra)
	for name, value := range map[string]any{
		"appRoleAssignmentRequired": false, "appRoles": []any{}, "tags": []any{}, "alternativeNames": []any{}, "signInAudience": "AzureADMyOrg",
	} {
		if _, set := o[name]; !set {
			o[name] = value
		}
	}
	return o
}

// list is never null on the wire.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// renderCredentials splits credentials by kind. No secret and no certificate is among
// what is given back.
func renderCredentials(credentials []directory.Credential) (passwords, keys []map[string]any) {
	passwords, keys = []map[string]any{}, []map[string]any{}
	for _, c := range credentials {
		if c.Kind == directory.PasswordCredential {
			passwords = append(passwords, renderPassword(c))
			continue
		}
		identifier := c.Identifier
		if len(identifier) == 0 {
			sum := sha1.Sum(c.Certificate)
			identifier = sum[:]
		}
		keys = append(keys, map[string]any{
			"keyId": c.KeyID, "displayName": optional(c.DisplayName), "type": "AsymmetricX509Cert", "usage": "Verify", "key": nil,
			"customKeyIdentifier": base64.StdEncoding.EncodeToString(identifier), "startDateTime": stamp(c.Start), "endDateTime": stamp(c.End),
		})
	}
	return passwords, keys
}

func renderPassword(c directory.Credential) map[string]any {
	return map[string]any{
		"keyId": c.KeyID, "displayName": optional(c.DisplayName), "hint": c.Hint, "secretText": nil, "customKeyIdentifier": nil,
		"startDateTime": stamp(c.Start), "endDateTime": stamp(c.End),
	}
}

// renderObject names the type, for lists in which it differs.
func renderObject(o directory.Object) map[string]any {
	var rendered map[string]any
	switch o.Type {
	case directory.TypeUser:
		rendered = renderUser(*o.User)
	case directory.TypeGroup:
		rendered = renderGroup(*o.Group)
	case directory.TypeApplication:
		rendered = renderApplication(*o.Application)
	default:
		rendered = renderServicePrincipal(*o.ServicePrincipal)
	}
	rendered["@odata.type"] = "#microsoft.graph." + string(o.Type)
	return rendered
}

func renderFederated(c directory.FederatedCredential) map[string]any {
	return map[string]any{
		"id": c.ID, "name": c.Name, "issuer": c.Issuer, "subject": c.Subject, "audiences": c.Audiences, "description": optional(c.Description),
	}
}
