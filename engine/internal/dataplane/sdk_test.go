package dataplane_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
)

// staticToken is a credential that also checks what the client makes of the challenge.
type staticToken struct{ t *testing.T }

func (s staticToken) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(o.Scopes) != 1 || o.Scopes[0] != "https://vault.coffer.internal/.default" || o.TenantID != tenant {
		s.t.Errorf("the client asks for a token for %v of %s", o.Scopes, o.TenantID)
	}
	return azcore.AccessToken{Token: admin, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func clients(t *testing.T, w *world) (*azsecrets.Client, *azkeys.Client) {
	t.Helper()
	options := azcore.ClientOptions{Transport: &http.Client{Transport: inproc.New(w.handler)}, Retry: policy.RetryOptions{MaxRetries: -1}}
	secrets, err := azsecrets.NewClient(base, staticToken{t}, &azsecrets.ClientOptions{ClientOptions: options})
	w.must(err)
	keys, err := azkeys.NewClient(base, staticToken{t}, &azkeys.ClientOptions{ClientOptions: options})
	w.must(err)
	return secrets, keys
}

func code(err error) string {
	var response *azcore.ResponseError
	if errors.As(err, &response) {
		return response.ErrorCode
	}
	return ""
}

// The Azure SDK, with its check of the challenge's resource left on.
func TestSDKSecrets(t *testing.T) {
	w := newWorld(t)
	c, _ := clients(t, w)
	ctx := context.Background()
	set, err := c.SetSecret(ctx, "Name", azsecrets.SetSecretParameters{
		Value: to.Ptr("value"), ContentType: to.Ptr("text/plain"), Tags: map[string]*string{"a": to.Ptr("b")},
		SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(true), Expires: to.Ptr(time.Unix(1900000000, 0))},
	}, nil)
	w.must(err)
	if set.ID.Name() != "Name" || len(set.ID.Version()) != 32 || *set.Attributes.RecoverableDays != 90 || !set.Attributes.Created.Equal(time.Unix(start, 0)) {
		t.Errorf("%+v", set)
	}
	for _, version := range []string{"", set.ID.Version()} {
		got, err := c.GetSecret(ctx, "name", version, nil)
		w.must(err)
		if *got.Value != "value" || *got.ContentType != "text/plain" || *got.Tags["a"] != "b" || !got.Attributes.Expires.Equal(time.Unix(1900000000, 0)) {
			t.Errorf("%+v", got)
		}
	}
	_, err = c.UpdateSecretProperties(ctx, "Name", "", azsecrets.UpdateSecretPropertiesParameters{Tags: map[string]*string{}}, nil)
	w.must(err)
	for range 30 {
		_, err := c.SetSecret(ctx, "Name", azsecrets.SetSecretParameters{Value: to.Ptr("x")}, nil)
		w.must(err)
	}
	count := 0
	for p := c.NewListSecretPropertiesVersionsPager("Name", nil); p.More(); {
		page, err := p.NextPage(ctx)
		w.must(err)
		count += len(page.Value)
	}
	if count != 31 {
		t.Errorf("%d versions", count)
	}
	backup, err := c.BackupSecret(ctx, "Name", nil)
	w.must(err)
	deleted, err := c.DeleteSecret(ctx, "Name", nil)
	w.must(err)
	if deleted.RecoveryID == nil || deleted.ScheduledPurgeDate.Sub(*deleted.DeletedDate) != 90*day {
		t.Errorf("%+v", deleted)
	}
	_, err = c.GetDeletedSecret(ctx, "Name", nil)
	w.must(err)
	if _, err := c.SetSecret(ctx, "Name", azsecrets.SetSecretParameters{Value: to.Ptr("x")}, nil); code(err) != "Conflict" {
		t.Errorf("%v", err)
	}
	_, err = c.RecoverDeletedSecret(ctx, "Name", nil)
	w.must(err)
	_, err = c.DeleteSecret(ctx, "Name", nil)
	w.must(err)
	_, err = c.PurgeDeletedSecret(ctx, "Name", nil)
	w.must(err)
	if _, err := c.GetSecret(ctx, "Name", "", nil); code(err) != "SecretNotFound" {
		t.Errorf("%v", err)
	}
	restored, err := c.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup.Value}, nil)
	w.must(err)
	if *restored.ID != *deleted.ID {
		t.Errorf("restored %s, deleted %s", *restored.ID, *deleted.ID)
	}
}

func TestSDKKeys(t *testing.T) {
	w := newWorld(t)
	_, c := clients(t, w)
	ctx := context.Background()
	created, err := c.CreateKey(ctx, "rsa", azkeys.CreateKeyParameters{Kty: to.Ptr(azkeys.KeyTypeRSA), KeySize: to.Ptr(int32(2048))}, nil)
	w.must(err)
	if len(created.Key.N) != 256 || len(created.Key.KeyOps) != 6 {
		t.Errorf("%+v", created.Key)
	}
	digest := sha256.Sum256([]byte("message"))
	for _, version := range []string{"", created.Key.KID.Version()} {
		signed, err := c.Sign(ctx, "rsa", version, azkeys.SignParameters{Algorithm: to.Ptr(azkeys.SignatureAlgorithmPS256), Value: digest[:]}, nil)
		w.must(err)
		verified, err := c.Verify(ctx, "rsa", version, azkeys.VerifyParameters{Algorithm: to.Ptr(azkeys.SignatureAlgorithmPS256), Digest: digest[:], Signature: signed.Result}, nil)
		w.must(err)
		if !*verified.Value || *signed.KID != *created.Key.KID {
			t.Errorf("%+v", verified)
		}
		in := azkeys.KeyOperationParameters{Algorithm: to.Ptr(azkeys.EncryptionAlgorithmRSAOAEP256), Value: []byte("plaintext")}
		wrapped, err := c.WrapKey(ctx, "rsa", version, in, nil)
		w.must(err)
		in.Value = wrapped.Result
		unwrapped, err := c.UnwrapKey(ctx, "rsa", version, in, nil)
		w.must(err)
		if !bytes.Equal(unwrapped.Result, []byte("plaintext")) {
			t.Errorf("%q", unwrapped.Result)
		}
	}
	_, err = c.UpdateKeyRotationPolicy(ctx, "rsa", azkeys.KeyRotationPolicy{
		Attributes: &azkeys.KeyRotationPolicyAttributes{ExpiryTime: to.Ptr("P90D")},
		LifetimeActions: []*azkeys.LifetimeAction{{
			Action: &azkeys.LifetimeActionType{Type: to.Ptr(azkeys.KeyRotationPolicyActionRotate)}, Trigger: &azkeys.LifetimeActionTrigger{TimeAfterCreate: to.Ptr("P30D")},
		}},
	}, nil)
	w.must(err)
	rotated, err := c.RotateKey(ctx, "rsa", nil)
	w.must(err)
	if *rotated.Key.KID == *created.Key.KID || rotated.Attributes.Expires == nil {
		t.Errorf("%+v", rotated)
	}
	policyNow, err := c.GetKeyRotationPolicy(ctx, "rsa", nil)
	w.must(err)
	if *policyNow.Attributes.ExpiryTime != "P90D" || *policyNow.LifetimeActions[0].Trigger.TimeAfterCreate != "P30D" {
		t.Errorf("%+v", policyNow)
	}
	imported, err := c.ImportKey(ctx, "imported", azkeys.ImportKeyParameters{Key: &azkeys.JSONWebKey{
		Kty: to.Ptr(azkeys.KeyTypeRSA), KeyOps: to.SliceOfPtrs(azkeys.KeyOperationEncrypt), N: rsaKey.N.Bytes(), E: []byte{1, 0, 1}, D: rsaKey.D.Bytes(),
		P: rsaKey.Primes[0].Bytes(), Q: rsaKey.Primes[1].Bytes(), DP: rsaKey.Precomputed.Dp.Bytes(), DQ: rsaKey.Precomputed.Dq.Bytes(), QI: rsaKey.Precomputed.Qinv.Bytes(),
	}}, nil)
	w.must(err)
	if !bytes.Equal(imported.Key.N, rsaKey.N.Bytes()) {
		t.Errorf("%x", imported.Key.N)
	}
	_, err = c.UpdateKey(ctx, "rsa", "", azkeys.UpdateKeyParameters{KeyAttributes: &azkeys.KeyAttributes{Enabled: to.Ptr(false)}}, nil)
	w.must(err)
	if _, err := c.GetKey(ctx, "rsa", "", nil); code(err) != "Forbidden" {
		t.Errorf("%v", err)
	}
	backup, err := c.BackupKey(ctx, "rsa", nil)
	w.must(err)
	_, err = c.DeleteKey(ctx, "rsa", nil)
	w.must(err)
	_, err = c.PurgeDeletedKey(ctx, "rsa", nil)
	w.must(err)
	restored, err := c.RestoreKey(ctx, azkeys.RestoreKeyParameters{KeyBackup: backup.Value}, nil)
	w.must(err)
	if *restored.Key.KID != *rotated.Key.KID {
		t.Errorf("restored %s", *restored.Key.KID)
	}
	names := map[string]bool{}
	for p := c.NewListKeyPropertiesPager(nil); p.More(); {
		page, err := p.NextPage(ctx)
		w.must(err)
		for _, k := range page.Value {
			names[k.KID.Name()] = true
		}
	}
	if !names["rsa"] || !names["imported"] || len(names) != 2 {
		t.Errorf("%v", names)
	}
}
