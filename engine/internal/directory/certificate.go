package directory

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// ParseCertificate reads a certificate that a client signs in with: DER, or PEM with
// one certificate. Its key must be RSA of 2048 bits or more, or on P-256.
func ParseCertificate(data []byte) (*x509.Certificate, error) {
	refuse := fault.New(fault.GraphBadRequest, "Key credential must have a valid X.509 certificate with an RSA key of at least 2048 bits or a P-256 key.")
	if len(data) > 16<<10 {
		return nil, refuse
	}
	if block, _ := pem.Decode(data); block != nil {
		if block.Type != "CERTIFICATE" {
			return nil, refuse
		}
		data = block.Bytes
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		return nil, refuse
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 || key.N.BitLen() > 8192 {
			return nil, refuse
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().Name != "P-256" {
			return nil, refuse
		}
	default:
		return nil, refuse
	}
	return cert, nil
}

// replaceCredentials applies the lists of credentials that an update gives: nil leaves
// its kind alone. A list of passwords can only take away: secrets are made by
// AddPassword.
func replaceCredentials(w Writer, ownerID string, keys *[]Credential, passwords *[]string) error {
	if passwords != nil {
		if err := keepPasswords(w, ownerID, *passwords); err != nil {
			return err
		}
	}
	if keys == nil {
		return nil
	}
	return replaceKeys(w, ownerID, *keys)
}

func keepPasswords(w Writer, ownerID string, keep []string) error {
	held, err := w.Credentials(ownerID)
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, c := range held {
		if c.Kind == PasswordCredential {
			gone[c.KeyID] = true
		}
	}
	for _, id := range keep {
		if !gone[id] {
			return fault.New(fault.GraphBadRequest, "New password credentials must be generated with addPassword.")
		}
		delete(gone, id)
	}
	for id := range gone {
		if _, err := w.DeleteCredential(ownerID, id); err != nil {
			return err
		}
	}
	return nil
}

// replaceKeys makes the certificates of the owner those of keys. An entry without a
// certificate stands for the one with its key id that is there (clients send back what
// they read, which leaves the certificate out).
func replaceKeys(w Writer, ownerID string, keys []Credential) error {
	if len(keys) > maxCredentials {
		return fault.New(fault.GraphBadRequest, "The object can have at most %d key credentials.", maxCredentials)
	}
	held, err := w.Credentials(ownerID)
	if err != nil {
		return err
	}
	old := map[string]Credential{}
	for _, c := range held {
		if c.Kind == KeyCredential {
			old[c.KeyID] = c
		}
	}
	seen := map[string]bool{}
	var insert []Credential
	for _, key := range keys {
		if key.KeyID == "" {
			key.KeyID = NewID()
		}
		if seen[key.KeyID] {
			return fault.New(fault.GraphBadRequest, "Two key credentials have the same keyId.")
		}
		seen[key.KeyID] = true
		if _, kept := old[key.KeyID]; kept && len(key.Certificate) == 0 {
			continue
		}
		cert, err := ParseCertificate(key.Certificate)
		if err != nil {
			return err
		}
		key.OwnerID, key.Kind, key.Certificate = ownerID, KeyCredential, cert.Raw
		if key.Start.IsZero() {
			key.Start = cert.NotBefore
		}
		if key.End.IsZero() || key.End.After(cert.NotAfter) {
			key.End = cert.NotAfter
		}
		if _, kept := old[key.KeyID]; kept {
			if _, err := w.DeleteCredential(ownerID, key.KeyID); err != nil {
				return err
			}
		}
		insert = append(insert, key)
	}
	for id := range old {
		if !seen[id] {
			if _, err := w.DeleteCredential(ownerID, id); err != nil {
				return err
			}
		}
	}
	for _, key := range insert {
		if err := w.InsertCredential(key); err != nil {
			return err
		}
	}
	return nil
}
