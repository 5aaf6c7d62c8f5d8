package provider

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// rotationPolicyData is the rotation_policy of a key.
type rotationPolicyData struct {
	ExpireAfter types.String           `tfsdk:"expire_after"`
	Notify      types.String           `tfsdk:"notify_before_expiry"`
	Automatic   *automaticRotationData `tfsdk:"automatic"`
}

type automaticRotationData struct {
	AfterCreation types.String `tfsdk:"time_after_creation"`
	BeforeExpiry  types.String `tfsdk:"time_before_expiry"`
}

func (p *rotationPolicyData) equal(o *rotationPolicyData) bool {
	if p == nil || o == nil {
		return p == o
	}
	if p.Automatic == nil || o.Automatic == nil {
		return p.Automatic == o.Automatic && p.ExpireAfter.Equal(o.ExpireAfter) && p.Notify.Equal(o.Notify)
	}
	return p.ExpireAfter.Equal(o.ExpireAfter) && p.Notify.Equal(o.Notify) && *p.Automatic == *o.Automatic
}

// setRotationPolicy writes the policy; nil clears it.
func setRotationPolicy(ctx context.Context, api *azkeys.Client, name string, p *rotationPolicyData) error {
	wire := azkeys.KeyRotationPolicy{
		LifetimeActions: []*azkeys.LifetimeAction{},
		Attributes:      &azkeys.KeyRotationPolicyAttributes{ExpiryTime: azcore.NullValue[*string]()},
	}
	if p != nil {
		if !p.ExpireAfter.IsNull() {
			wire.Attributes.ExpiryTime = p.ExpireAfter.ValueStringPointer()
		}
		if p.Automatic != nil {
			wire.LifetimeActions = append(wire.LifetimeActions, &azkeys.LifetimeAction{
				Action:  &azkeys.LifetimeActionType{Type: to.Ptr(azkeys.KeyRotationPolicyActionRotate)},
				Trigger: &azkeys.LifetimeActionTrigger{TimeAfterCreate: p.Automatic.AfterCreation.ValueStringPointer(), TimeBeforeExpiry: p.Automatic.BeforeExpiry.ValueStringPointer()},
			})
		}
		if !p.Notify.IsNull() {
			wire.LifetimeActions = append(wire.LifetimeActions, &azkeys.LifetimeAction{
				Action:  &azkeys.LifetimeActionType{Type: to.Ptr(azkeys.KeyRotationPolicyActionNotify)},
				Trigger: &azkeys.LifetimeActionTrigger{TimeBeforeExpiry: p.Notify.ValueStringPointer()},
			})
		}
	}
	_, err := api.UpdateKeyRotationPolicy(ctx, name, wire, nil)
	return err
}

// getRotationPolicy returns the policy, nil if there is none.
func getRotationPolicy(ctx context.Context, api *azkeys.Client, name string) (*rotationPolicyData, error) {
	got, err := api.GetKeyRotationPolicy(ctx, name, nil)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &rotationPolicyData{ExpireAfter: types.StringNull(), Notify: types.StringNull()}
	if got.Attributes != nil {
		p.ExpireAfter = types.StringPointerValue(got.Attributes.ExpiryTime)
	}
	for _, action := range got.LifetimeActions {
		trigger := deref(action.Trigger)
		if strings.EqualFold(string(deref(deref(action.Action).Type)), string(azkeys.KeyRotationPolicyActionRotate)) {
			p.Automatic = &automaticRotationData{
				AfterCreation: types.StringPointerValue(trigger.TimeAfterCreate), BeforeExpiry: types.StringPointerValue(trigger.TimeBeforeExpiry),
			}
			continue
		}
		p.Notify = types.StringPointerValue(trigger.TimeBeforeExpiry)
	}
	// The engine shows a notification to everyone who has set nothing: not a policy.
	if p.ExpireAfter.IsNull() && p.Automatic == nil {
		return nil, nil
	}
	return p, nil
}
