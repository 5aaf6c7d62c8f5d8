package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
)

// world is the engine on Terraform's database, opened by a second process, and
// everyone in the story as a client of it.
type world struct {
	engine   *engine.Engine
	info     engine.Info
	options  azcore.ClientOptions
	group    string // resource id of the resource group
	auditors string // object id of the auditors' group
	operator *person
	people   map[string]*person
	app      *person
}

// person is somebody, or a program, who signed in.
type person struct {
	title       string
	secrets     map[string]*azsecrets.Client // by vault
	keys        map[string]*azkeys.Client
	vaults      *armkeyvault.VaultsClient
	groups      *armresources.ResourceGroupsClient
	assignments *armauthorization.RoleAssignmentsClient
	permissions *armauthorization.PermissionsClient
}

const (
	policyVault = "kv-policies"
	roleVault   = "kv-roles"
	groupName   = "rg-quickstart"
)

// openWorld opens the engine and signs everybody in.
func openWorld(ctx context.Context, database string, tf *stage, v values) (*world, error) {
	e, err := engine.Open(ctx, engine.Options{Database: database, Existing: true, Local: true})
	if err != nil {
		return nil, fmt.Errorf("open %s beside Terraform: %w", filepath.Base(database), err)
	}
	w := &world{engine: e, info: e.Info(), people: map[string]*person{}}
	w.options = azcore.ClientOptions{
		Transport: inproc.New(e.Handler()),
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: "https://login." + w.info.Domain + "/",
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {
					Endpoint: "https://management." + w.info.Domain,
					Audience: "https://management." + w.info.Domain,
				},
			},
		},
	}
	if err := w.signIn(ctx, tf, v); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return w, nil
}

func (w *world) close() { _ = w.engine.Close() }

func (w *world) signIn(ctx context.Context, tf *stage, v values) error {
	var err error
	if w.group, err = tf.attribute(ctx, "coffer_resource_group.main", "id"); err != nil {
		return err
	}
	if w.auditors, err = tf.attribute(ctx, `coffer_group.team["auditors"]`, "object_id"); err != nil {
		return err
	}
	if w.operator, err = w.application("Terraform", w.info.OperatorClientID, w.engine.OperatorSecret()); err != nil {
		return err
	}
	for name, title := range map[string]string{
		"sofia": "Sofia (security team)", "daniel": "Daniel (operators)", "audrey": "Audrey (auditors)",
	} {
		signIn := &passwordSignIn{w: w, user: name + "@example.com", password: v.passwords[name]}
		if w.people[name], err = w.person(title, signIn); err != nil {
			return err
		}
	}
	client, err := tf.attribute(ctx, "coffer_service_principal.app", "client_id")
	if err != nil {
		return err
	}
	secret, err := w.secret(ctx, "app-password")
	if err != nil {
		return err
	}
	w.app, err = w.application("Invoice service (application)", client, secret)
	return err
}

func (w *world) application(title, clientID, secret string) (*person, error) {
	credential, err := azidentity.NewClientSecretCredential(w.info.TenantID, clientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: w.options,
		// Azure's own directory does not know this authority.
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		return nil, err
	}
	return w.person(title, credential)
}

func (w *world) person(title string, credential azcore.TokenCredential) (*person, error) {
	p := &person{title: title, secrets: map[string]*azsecrets.Client{}, keys: map[string]*azkeys.Client{}}
	var err error
	for _, vault := range []string{policyVault, roleVault} {
		address := "https://" + vault + ".vault." + w.info.Domain
		if p.secrets[vault], err = azsecrets.NewClient(address, credential, &azsecrets.ClientOptions{ClientOptions: w.options}); err != nil {
			return nil, err
		}
		if p.keys[vault], err = azkeys.NewClient(address, credential, &azkeys.ClientOptions{ClientOptions: w.options}); err != nil {
			return nil, err
		}
	}
	management := &arm.ClientOptions{ClientOptions: w.options, DisableRPRegistration: true}
	if p.vaults, err = armkeyvault.NewVaultsClient(w.info.SubscriptionID, credential, management); err != nil {
		return nil, err
	}
	if p.groups, err = armresources.NewResourceGroupsClient(w.info.SubscriptionID, credential, management); err != nil {
		return nil, err
	}
	if p.assignments, err = armauthorization.NewRoleAssignmentsClient(w.info.SubscriptionID, credential, management); err != nil {
		return nil, err
	}
	if p.permissions, err = armauthorization.NewPermissionsClient(w.info.SubscriptionID, credential, management); err != nil {
		return nil, err
	}
	return p, nil
}

// secret reads the current version of a secret in the policy vault as the operator.
func (w *world) secret(ctx context.Context, name string) (string, error) {
	got, err := w.operator.secrets[policyVault].GetSecret(ctx, name, "", nil)
	if err != nil {
		return "", err
	}
	return *got.Value, nil
}

// commandLine is the public client that people sign in with, as the az command does.
const commandLine = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// passwordSignIn is a person signing in with a password, without a browser.
type passwordSignIn struct {
	w              *world
	user, password string
}

// GetToken implements azcore.TokenCredential.
func (s *passwordSignIn) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	address := "https://login." + s.w.info.Domain + "/" + s.w.info.TenantID + "/oauth2/v2.0/token"
	form := url.Values{
		"grant_type": {"password"}, "client_id": {commandLine}, "scope": {strings.Join(o.Scopes, " ")},
		"username": {s.user}, "password": {s.password},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.w.options.Transport.Do(req)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
		return azcore.AccessToken{}, fmt.Errorf("sign in as %s: %w", s.user, err)
	}
	if resp.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, fmt.Errorf("sign in as %s: %s", s.user, answer.Description)
	}
	return azcore.AccessToken{Token: answer.AccessToken, ExpiresOn: time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)}, nil
}
