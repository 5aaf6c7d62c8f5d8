package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// attempt is something that somebody tries.
type attempt struct {
	who     *person
	what    string
	allowed bool
	do      func(ctx context.Context, p *person) error
}

// prove makes each attempt and fails if one ends otherwise than it must: an allowed one
// with an error, a refused one with anything but 403 or, where nothing is there, 404.
func (w *world) prove(ctx context.Context, attempts []attempt, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var wrong error
	for _, a := range attempts {
		err := a.do(ctx, a.who)
		var answer *azcore.ResponseError
		outcome := "allowed"
		switch {
		case errors.As(err, &answer):
			outcome = fmt.Sprintf("refused: %d %s", answer.StatusCode, code(answer))
		case err != nil:
			outcome = "failed: " + err.Error()
		}
		refused := answer != nil && answer.StatusCode == http.StatusForbidden
		mark := "ok"
		if a.allowed && err != nil || !a.allowed && !refused {
			mark = "WRONG"
			wrong = errors.Join(wrong, fmt.Errorf("%s: %s: %s", a.who.title, a.what, outcome))
			if err != nil {
				wrong = errors.Join(wrong, err)
			}
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", mark, a.who.title, a.what, outcome)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return wrong
}

// code is the most exact code of a refusal, as in ForbiddenByPolicy.
func code(err *azcore.ResponseError) string {
	if err.RawResponse != nil {
		body, readErr := runtime.Payload(err.RawResponse)
		for _, exact := range []string{"ForbiddenByPolicy", "ForbiddenByRbac"} {
			if readErr == nil && strings.Contains(string(body), exact) {
				return exact
			}
		}
	}
	return err.ErrorCode
}

// attempts are the table of the story: for each line something that is allowed and
// something that is refused, on both planes and in both models.
func (w *world) attempts() []attempt {
	sofia, daniel, audrey := w.people["sofia"], w.people["daniel"], w.people["audrey"]
	return []attempt{
		{sofia, "management: tag the vault kv-policies", true, tagVault},
		{sofia, "management: give a role inside the resource group", true, w.grant(w.group)},
		{sofia, "management: give a role on the whole subscription", false, w.grant("/subscriptions/" + w.info.SubscriptionID)},
		{sofia, "management: make another resource group", false, makeGroup},
		{sofia, "kv-policies: make a key", true, makeKey},
		{sofia, "kv-policies: sign with the key invoice-signing", false, sign(policyVault, "invoice-signing", azkeys.SignatureAlgorithmRS256)},
		{sofia, "kv-policies: read the secret storage-key", true, read(policyVault, "storage-key")},
		{sofia, "kv-roles: read the secret api-token", false, read(roleVault, "api-token")},

		{daniel, "management: look at the vault kv-policies", true, lookAtVault},
		{daniel, "management: may use vaults in deployments", true, mayDeploy},
		{daniel, "management: tag the vault kv-policies", false, tagVault},
		{daniel, "kv-policies: list secrets", false, listSecrets(policyVault)},
		{daniel, "kv-roles: list keys", false, listKeys(roleVault)},

		{audrey, "management: look at the vault kv-policies", false, lookAtVault},
		{audrey, "kv-policies: list keys", true, listKeys(policyVault)},
		{audrey, "kv-policies: list secrets", true, listSecrets(policyVault)},
		{audrey, "kv-policies: read the secret storage-key", false, read(policyVault, "storage-key")},
		{audrey, "kv-roles: list keys", true, listKeys(roleVault)},
		{audrey, "kv-roles: list secrets", true, listSecrets(roleVault)},
		{audrey, "kv-roles: read the secret api-token", false, read(roleVault, "api-token")},

		{w.app, "management: look at the vault kv-policies", false, lookAtVault},
		{w.app, "kv-policies: sign with the key invoice-signing", true, sign(policyVault, "invoice-signing", azkeys.SignatureAlgorithmRS256)},
		{w.app, "kv-policies: make a key", false, makeKey},
		{w.app, "kv-policies: read the secret storage-key", true, read(policyVault, "storage-key")},
		{w.app, "kv-policies: list secrets", false, listSecrets(policyVault)},
		{w.app, "kv-roles: sign with the key receipt-signing", true, sign(roleVault, "receipt-signing", azkeys.SignatureAlgorithmES256)},
		{w.app, "kv-roles: read the secret api-token", true, read(roleVault, "api-token")},
		{w.app, "kv-roles: list secrets", false, listSecrets(roleVault)},
	}
}

// meddle is what somebody does who is allowed to, and does not know that Terraform
// looks after these things.
func (w *world) meddle(ctx context.Context) error {
	sofia := w.people["sofia"]
	for _, name := range []string{"storage-key", "signing-pin"} {
		value := azsecrets.SetSecretParameters{Value: to.Ptr("changed by hand")}
		if _, err := sofia.secrets[policyVault].SetSecret(ctx, name, value, nil); err != nil {
			return err
		}
	}
	_, err := sofia.vaults.UpdateAccessPolicy(ctx, groupName, policyVault, armkeyvault.AccessPolicyUpdateKindAdd, armkeyvault.VaultAccessPolicyParameters{
		Properties: &armkeyvault.VaultAccessPolicyProperties{AccessPolicies: []*armkeyvault.AccessPolicyEntry{{
			TenantID: &w.info.TenantID,
			ObjectID: &w.auditors,
			Permissions: &armkeyvault.Permissions{
				Secrets: []*armkeyvault.SecretPermissions{to.Ptr(armkeyvault.SecretPermissionsGet)},
			},
		}}},
	}, nil)
	return err
}

func (w *world) attemptsAfterMeddling() []attempt {
	return []attempt{
		{w.people["audrey"], "kv-policies: read the secret storage-key", true, read(policyVault, "storage-key")},
	}
}

// attemptsAfterTheEnd show that a token outlives nothing: everyone is gone.
func (w *world) attemptsAfterTheEnd() []attempt { return nil }

func tagVault(ctx context.Context, p *person) error {
	tags := armkeyvault.VaultPatchParameters{Tags: map[string]*string{}}
	_, err := p.vaults.Update(ctx, groupName, policyVault, tags, nil)
	return err
}

func lookAtVault(ctx context.Context, p *person) error {
	_, err := p.vaults.Get(ctx, groupName, policyVault, nil)
	return err
}

func makeGroup(ctx context.Context, p *person) error {
	_, err := p.groups.CreateOrUpdate(ctx, "rg-of-my-own", armresources.ResourceGroup{Location: to.Ptr("westeurope")}, nil)
	return err
}

// reader is the id of the built-in role Reader.
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

// grant gives the auditors the role Reader at scope, and takes it away again.
func (w *world) grant(scope string) func(context.Context, *person) error {
	return func(ctx context.Context, p *person) error {
		const name = "5f2c1a5e-6f3b-4c6a-9d1e-0b7a3c9d2e41"
		_, err := p.assignments.Create(ctx, scope, name, armauthorization.RoleAssignmentCreateParameters{
			Properties: &armauthorization.RoleAssignmentProperties{
				PrincipalID:      &w.auditors,
				RoleDefinitionID: to.Ptr("/providers/Microsoft.Authorization/roleDefinitions/" + reader),
			},
		}, nil)
		if err != nil {
			return err
		}
		_, err = p.assignments.Delete(ctx, scope, name, nil)
		return err
	}
}

// mayDeploy asks what the caller may do and looks for the action.
func mayDeploy(ctx context.Context, p *person) error {
	pages := p.permissions.NewListForResourceGroupPager(groupName, nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, permission := range page.Value {
			for _, action := range permission.Actions {
				if *action == "Microsoft.KeyVault/vaults/deploy/action" {
					return nil
				}
			}
		}
	}
	return errors.New("the action Microsoft.KeyVault/vaults/deploy/action is not among the permissions")
}

func makeKey(ctx context.Context, p *person) error {
	_, err := p.keys[policyVault].CreateKey(ctx, "made-by-hand", azkeys.CreateKeyParameters{
		Kty: to.Ptr(azkeys.KeyTypeEC), Curve: to.Ptr(azkeys.CurveNameP256),
	}, nil)
	return err
}

func sign(vault, key string, algorithm azkeys.SignatureAlgorithm) func(context.Context, *person) error {
	return func(ctx context.Context, p *person) error {
		digest := sha256.Sum256([]byte("invoice 4711"))
		_, err := p.keys[vault].Sign(ctx, key, "", azkeys.SignParameters{Algorithm: &algorithm, Value: digest[:]}, nil)
		return err
	}
}

func read(vault, name string) func(context.Context, *person) error {
	return func(ctx context.Context, p *person) error {
		_, err := p.secrets[vault].GetSecret(ctx, name, "", nil)
		return err
	}
}

func listSecrets(vault string) func(context.Context, *person) error {
	return func(ctx context.Context, p *person) error {
		pages := p.secrets[vault].NewListSecretPropertiesPager(nil)
		for pages.More() {
			if _, err := pages.NextPage(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func listKeys(vault string) func(context.Context, *person) error {
	return func(ctx context.Context, p *person) error {
		pages := p.keys[vault].NewListKeyPropertiesPager(nil)
		for pages.More() {
			if _, err := pages.NextPage(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
