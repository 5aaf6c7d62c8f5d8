package provider

import (
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// accessPolicyModel is coffer_access_policy, as a resource and as a data source.
type accessPolicyModel struct {
	ID            types.String   `tfsdk:"id"`
	VaultID       foldedValue    `tfsdk:"vault_id"`
	TenantID      uuidValue      `tfsdk:"tenant_id"`
	ObjectID      uuidValue      `tfsdk:"object_id"`
	ApplicationID uuidValue      `tfsdk:"application_id"`
	Keys          foldedSetValue `tfsdk:"key_permissions"`
	Secrets       foldedSetValue `tfsdk:"secret_permissions"`
	Certificates  foldedSetValue `tfsdk:"certificate_permissions"`
	Storage       foldedSetValue `tfsdk:"storage_permissions"`
}

// The permissions of access policies, in the spelling of azurerm.
var (
	keyPermissions = []string{
		"All", "Backup", "Create", "Decrypt", "Delete", "Encrypt", "Get", "GetRotationPolicy", "Import", "List", "Purge", "Recover",
		"Release", "Restore", "Rotate", "SetRotationPolicy", "Sign", "UnwrapKey", "Update", "Verify", "WrapKey",
	}
	secretPermissions      = []string{"All", "Backup", "Delete", "Get", "List", "Purge", "Recover", "Restore", "Set"}
	certificatePermissions = []string{
		"All", "Backup", "Create", "Delete", "DeleteIssuers", "Get", "GetIssuers", "Import", "List", "ListIssuers",
		"ManageContacts", "ManageIssuers", "Purge", "Recover", "Restore", "SetIssuers", "Update",
	}
	storagePermissions = []string{
		"All", "Backup", "Delete", "DeleteSAS", "Get", "GetSAS", "List", "ListSAS", "Purge", "Recover", "RegenerateKey", "Restore", "Set", "SetSAS", "Update",
	}
)

func (m *accessPolicyModel) id() string {
	id := m.VaultID.ValueString() + "/objectId/" + m.ObjectID.ValueString()
	if application := m.ApplicationID.ValueString(); application != "" {
		id += "/applicationId/" + application
	}
	return id
}

var policyIDPattern = regexp.MustCompile(`(?i)^(.*)/objectId/([0-9a-f-]{36})(?:/applicationId/([0-9a-f-]{36}))?$`)

// parsePolicyID returns names and values of the attributes that an id is made of.
func parsePolicyID(id string) ([]string, error) {
	m := policyIDPattern.FindStringSubmatch(id)
	if m == nil || !isUUID(m[2]) || m[3] != "" && !isUUID(m[3]) {
		return nil, resourceid.ErrInvalid
	}
	vault, err := resourceid.ParseVault(m[1])
	if err != nil {
		return nil, err
	}
	return []string{"vault_id", vault.ID(), "object_id", m[2], "application_id", m[3]}, nil
}

// entryIn returns the entry of the model's principal.
func (m *accessPolicyModel) entryIn(entries []*armkeyvault.AccessPolicyEntry) *armkeyvault.AccessPolicyEntry {
	for _, e := range entries {
		if strings.EqualFold(deref(e.ObjectID), m.ObjectID.ValueString()) && strings.EqualFold(deref(e.ApplicationID), m.ApplicationID.ValueString()) {
			return e
		}
	}
	return nil
}

func (m *accessPolicyModel) entry() *armkeyvault.AccessPolicyEntry {
	e := &armkeyvault.AccessPolicyEntry{
		TenantID: to.Ptr(m.TenantID.ValueString()),
		ObjectID: to.Ptr(m.ObjectID.ValueString()),
		Permissions: &armkeyvault.Permissions{
			Keys:         permissionsOut[armkeyvault.KeyPermissions](m.Keys),
			Secrets:      permissionsOut[armkeyvault.SecretPermissions](m.Secrets),
			Certificates: permissionsOut[armkeyvault.CertificatePermissions](m.Certificates),
			Storage:      permissionsOut[armkeyvault.StoragePermissions](m.Storage),
		},
	}
	if application := m.ApplicationID.ValueString(); application != "" {
		e.ApplicationID = &application
	}
	return e
}

func permissionsOut[T ~string](set foldedSetValue) []*T {
	out := []*T{}
	for _, word := range set.words() {
		out = append(out, to.Ptr(T(strings.ToLower(word))))
	}
	return out
}

// from fills the model from its entry in an answer.
func (m *accessPolicyModel) from(e *armkeyvault.AccessPolicyEntry) {
	m.TenantID, m.ObjectID = newUUID(deref(e.TenantID)), newUUID(deref(e.ObjectID))
	m.ApplicationID = newUUIDOrNull(deref(e.ApplicationID))
	if m.ID.ValueString() == "" {
		m.ID = types.StringValue(m.id())
	}
	p := deref(e.Permissions)
	m.Keys = permissionsIn(p.Keys, keyPermissions, m.Keys)
	m.Secrets = permissionsIn(p.Secrets, secretPermissions, m.Secrets)
	m.Certificates = permissionsIn(p.Certificates, certificatePermissions, m.Certificates)
	m.Storage = permissionsIn(p.Storage, storagePermissions, m.Storage)
}

// permissionsIn returns permissions from an answer, spelled as azurerm does.
func permissionsIn[T ~string](list []*T, spelling []string, prior foldedSetValue) foldedSetValue {
	var out []string
	for _, p := range list {
		word := string(deref(p))
		for _, s := range spelling {
			if strings.EqualFold(s, word) {
				word = s
			}
		}
		out = append(out, word)
	}
	return setIn(out, prior)
}
