package resource

import (
	"context"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// PolicyChange is what UpdatePolicies does with the policies that it is given.
type PolicyChange string

// The changes: the union with what the identity has, what it has from now on, or what
// is taken from it.
const (
	AddPolicies     PolicyChange = "add"
	ReplacePolicies PolicyChange = "replace"
	RemovePolicies  PolicyChange = "remove"
)

// checkPolicies returns the policies in their stored form: ids in lower case,
// permissions in Azure's spelling, one entry per identity.
func checkPolicies(policies []authz.AccessPolicy, tenant string) ([]authz.AccessPolicy, error) {
	if len(policies) > maxPolicies {
		return nil, tooManyPolicies(len(policies))
	}
	var out []authz.AccessPolicy
	at := map[string]int{}
	for _, p := range policies {
		checked, err := checkPolicy(p, tenant)
		if err != nil {
			return nil, err
		}
		key := identity(checked)
		if i, ok := at[key]; ok {
			out[i] = union(out[i], checked)
			continue
		}
		at[key] = len(out)
		out = append(out, checked)
	}
	return out, nil
}

func tooManyPolicies(n int) error {
	return fault.New(fault.BadRequest, "The vault has %d access policies; it may have no more than %d.", n, maxPolicies)
}

func checkPolicy(p authz.AccessPolicy, tenant string) (authz.AccessPolicy, error) {
	out := authz.AccessPolicy{TenantID: strings.ToLower(p.TenantID)}
	if !strings.EqualFold(p.TenantID, tenant) {
		return out, invalidValue("accessPolicies")
	}
	var ok bool
	if out.ObjectID, ok = parseGUID(p.ObjectID); !ok {
		return out, invalidValue("accessPolicies")
	}
	if p.ApplicationID != "" {
		if out.ApplicationID, ok = parseGUID(p.ApplicationID); !ok {
			return out, invalidValue("accessPolicies")
		}
	}
	for t := authz.Keys; t <= authz.Storage; t++ {
		names := []string{}
		for _, name := range p.Of(t) {
			canonical, ok := authz.ValidPermission(t, name)
			if !ok {
				return out, fault.New(fault.BadRequest, "An invalid value was provided for 'accessPolicies'. '%s' is not a permission for %s.", clean(name), strings.ToLower(t.String()))
			}
			if !slices.Contains(names, canonical) {
				names = append(names, canonical)
			}
		}
		*permissions(&out, t) = names
	}
	return out, nil
}

func permissions(p *authz.AccessPolicy, t authz.ObjectType) *[]string {
	switch t {
	case authz.Keys:
		return &p.Keys
	case authz.Secrets:
		return &p.Secrets
	case authz.Certificates:
		return &p.Certificates
	default:
		return &p.Storage
	}
}

func identity(p authz.AccessPolicy) string {
	return p.TenantID + "|" + p.ObjectID + "|" + p.ApplicationID
}

func union(a, b authz.AccessPolicy) authz.AccessPolicy {
	for t := authz.Keys; t <= authz.Storage; t++ {
		names := slices.Clone(a.Of(t))
		for _, name := range b.Of(t) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		*permissions(&a, t) = names
	}
	return a
}

func without(a, b authz.AccessPolicy) authz.AccessPolicy {
	for t := authz.Keys; t <= authz.Storage; t++ {
		gone := b.Of(t)
		*permissions(&a, t) = slices.DeleteFunc(slices.Clone(a.Of(t)), func(name string) bool { return slices.Contains(gone, name) })
	}
	return a
}

func empty(p authz.AccessPolicy) bool {
	return len(p.Keys)+len(p.Secrets)+len(p.Certificates)+len(p.Storage) == 0
}

// changePolicies returns the policies after the change; both lists are in their stored
// form.
func changePolicies(before, given []authz.AccessPolicy, change PolicyChange) ([]authz.AccessPolicy, error) {
	out := slices.Clone(before)
	for _, p := range given {
		i := slices.IndexFunc(out, func(q authz.AccessPolicy) bool { return identity(p) == identity(q) })
		switch {
		case i < 0 && change == RemovePolicies:
		case i < 0:
			out = append(out, p)
		case change == AddPolicies:
			out[i] = union(out[i], p)
		case change == ReplacePolicies:
			out[i] = p
		default:
			if out[i] = without(out[i], p); empty(out[i]) {
				out = slices.Delete(out, i, i+1)
			}
		}
	}
	if len(out) > maxPolicies {
		return nil, tooManyPolicies(len(out))
	}
	return out, nil
}

// UpdatePolicies changes the access policies of a vault and returns the vault.
func (s *Service) UpdatePolicies(ctx context.Context, caller authz.Caller, id VaultID, change PolicyChange, policies []authz.AccessPolicy) (Vault, error) {
	var out Vault
	op := vaultOperation("VaultPatch", 200, need{action: "Microsoft.KeyVault/vaults/accessPolicies/write", scope: id.ResourceID()})
	var given []authz.AccessPolicy
	prepare := func(context.Context) (err error) {
		switch change {
		case AddPolicies, ReplacePolicies, RemovePolicies:
		default:
			return fault.New(fault.BadRequest, "The access policy operation '%s' is not one of add, replace and remove.", clean(string(change)))
		}
		given, err = checkPolicies(policies, s.tenant)
		return err
	}
	err := s.gate.Write(ctx, caller, op, prepare, func(w Writer, rec *audit.Record) error {
		if _, err := writableSubscription(w, id.SubscriptionID); err != nil {
			return err
		}
		v, err := findVault(w, id)
		if err != nil {
			return err
		}
		if v.Policies, err = changePolicies(v.Policies, given, change); err != nil {
			return err
		}
		v.Updated = s.stamp(w, caller)
		s.describe(rec, &v)
		out = v
		return w.UpdateVault(v)
	})
	return out, err
}
