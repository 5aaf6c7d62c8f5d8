package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/crypto/ssh"
)

func bitLength(n []byte) int { return new(big.Int).SetBytes(n).BitLen() }

var curves = map[azkeys.CurveName]elliptic.Curve{
	azkeys.CurveNameP256: elliptic.P256(), azkeys.CurveNameP384: elliptic.P384(), azkeys.CurveNameP521: elliptic.P521(),
}

// publicKey returns the key for Go's own libraries; nil for a curve or kind that they
// do not know.
func publicKey(key *azkeys.JSONWebKey) crypto.PublicKey {
	if len(key.N) > 0 {
		return &rsa.PublicKey{N: new(big.Int).SetBytes(key.N), E: int(new(big.Int).SetBytes(key.E).Int64())}
	}
	curve, ok := curves[deref(key.Crv)]
	if !ok {
		return nil
	}
	point := append([]byte{4}, append(append([]byte{}, key.X...), key.Y...)...)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return public
}

// publicText returns the public key as PEM and in OpenSSH's form.
func publicText(key *azkeys.JSONWebKey) (asPEM, asOpenSSH types.String) {
	public := publicKey(key)
	der, err := x509.MarshalPKIXPublicKey(public)
	if public == nil || err != nil {
		return types.StringNull(), types.StringNull()
	}
	asPEM = types.StringValue(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	sshKey, err := ssh.NewPublicKey(public)
	if err != nil {
		return asPEM, types.StringNull()
	}
	return asPEM, types.StringValue(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(sshKey))))
}
