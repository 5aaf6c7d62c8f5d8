package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// What the directory answers, as far as the provider reads it.

type graphUser struct {
	ID           string `json:"id"`
	UPN          string `json:"userPrincipalName"`
	DisplayName  string `json:"displayName"`
	MailNickname string `json:"mailNickname"`
	Mail         string `json:"mail"`
	GivenName    string `json:"givenName"`
	Surname      string `json:"surname"`
	JobTitle     string `json:"jobTitle"`
	Enabled      bool   `json:"accountEnabled"`
}

type graphGroup struct {
	ID           string `json:"id"`
	DisplayName  string `json:"displayName"`
	Description  string `json:"description"`
	MailNickname string `json:"mailNickname"`
}

type graphApplication struct {
	ID             string            `json:"id"`
	AppID          string            `json:"appId"`
	DisplayName    string            `json:"displayName"`
	IdentifierURIs []string          `json:"identifierUris"`
	PublicClient   bool              `json:"isFallbackPublicClient"`
	Web            graphRedirects    `json:"web"`
	SPA            graphRedirects    `json:"spa"`
	Public         graphRedirects    `json:"publicClient"`
	Passwords      []graphCredential `json:"passwordCredentials"`
}

type graphRedirects struct {
	URIs []string `json:"redirectUris"`
}

type graphCredential struct {
	KeyID       string     `json:"keyId"`
	DisplayName string     `json:"displayName"`
	Start       *time.Time `json:"startDateTime"`
	End         *time.Time `json:"endDateTime"`
	Secret      string     `json:"secretText"`
}

type graphServicePrincipal struct {
	ID          string `json:"id"`
	AppID       string `json:"appId"`
	DisplayName string `json:"displayName"`
	Enabled     bool   `json:"accountEnabled"`
}

type graphFederated struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Issuer      string   `json:"issuer"`
	Subject     string   `json:"subject"`
	Audiences   []string `json:"audiences"`
	Description string   `json:"description"`
}

type graphID struct {
	ID string `json:"id"`
}

// orNull returns the value for a request in which null clears a property.
func orNull(value types.String) any {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	return value.ValueString()
}
