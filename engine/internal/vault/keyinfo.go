package vault

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

// KeyInfo is what may be seen of a key.
type KeyInfo struct {
	// Type is the kty of the wire, such as RSA-HSM.
	Type   string
	Ops    []string
	Public keyprov.Public
}

// detail is what KeyRow.Detail encodes.
type detail struct {
	N []byte `json:"n,omitempty"`
	E []byte `json:"e,omitempty"`
	X []byte `json:"x,omitempty"`
	Y []byte `json:"y,omitempty"`
}

const hsmSuffix = "-HSM"

func isHSM(keyType string) bool { return strings.HasSuffix(keyType, hsmSuffix) }

func kindOf(keyType string) keyprov.Kind { return keyprov.Kind(strings.TrimSuffix(keyType, hsmSuffix)) }

func newKeyRow(keyType string, ops []string, public keyprov.Public) (KeyRow, error) {
	encoded, err := json.Marshal(detail{N: public.N, E: public.E, X: public.X, Y: public.Y})
	if err != nil {
		return KeyRow{}, fmt.Errorf("encode public key: %w", err)
	}
	return KeyRow{Type: keyType, Curve: string(public.Curve), Size: public.Size, Ops: strings.Join(ops, ","), Detail: string(encoded)}, nil
}

// public returns the public key.
func (k *KeyRow) public() (keyprov.Public, error) {
	var d detail
	if err := json.Unmarshal([]byte(k.Detail), &d); err != nil {
		return keyprov.Public{}, fmt.Errorf("decode public key: %w", err)
	}
	return keyprov.Public{Kind: kindOf(k.Type), Curve: keyprov.Curve(k.Curve), Size: k.Size, N: d.N, E: d.E, X: d.X, Y: d.Y}, nil
}

func (k *KeyRow) ops() []string {
	if k.Ops == "" {
		return []string{}
	}
	return strings.Split(k.Ops, ",")
}

func (k *KeyRow) permits(op string) bool {
	rest := k.Ops
	for rest != "" {
		var one string
		one, rest, _ = strings.Cut(rest, ",")
		if one == op {
			return true
		}
	}
	return false
}

// newBundle is newItem with the public part of a key.
func newBundle(v *access.Vault, o *Object, version *Version) (Item, error) {
	item := newItem(v, o, version)
	if o.Kind != Keys {
		return item, nil
	}
	public, err := version.Key.public()
	if err != nil {
		return item, err
	}
	item.Key = &KeyInfo{Type: version.Key.Type, Ops: version.Key.ops(), Public: public}
	return item, nil
}

func auditKey(rec *audit.Record, v *Version) {
	rec.Properties.KeyProperties = &audit.ObjectDetails{
		Type: v.Key.Type, Size: v.Key.Size, Curve: v.Key.Curve, Operations: v.Key.ops(), Attributes: auditAttributes(v),
	}
}

func keyAD(fold, version string) seal.AD {
	return seal.AD{Kind: "key", Name: fold, Version: version}
}

// The operations that key_ops may name.
const (
	opEncrypt = "encrypt"
	opDecrypt = "decrypt"
	opSign    = "sign"
	opVerify  = "verify"
	opWrap    = "wrapKey"
	opUnwrap  = "unwrapKey"
)

// defaultOps are what a key may be used for if its creator does not say.
func defaultOps(kind keyprov.Kind) []string {
	switch kind {
	case keyprov.EC:
		return []string{opSign, opVerify}
	case keyprov.Oct:
		return []string{opEncrypt, opDecrypt, opWrap, opUnwrap}
	default:
		return []string{opEncrypt, opDecrypt, opSign, opVerify, opWrap, opUnwrap}
	}
}

// checkOps checks key_ops; an operation that keys of the kind cannot do is refused, as
// is one named twice. kind is empty for an update, which is checked by the key's own
// kind when that is known.
func checkOps(kind keyprov.Kind, ops []string) error {
	for i, op := range ops {
		switch op {
		case opSign, opVerify:
		case opEncrypt, opDecrypt, opWrap, opUnwrap:
			if kind == keyprov.EC {
				return fault.New(fault.BadParameter, "The key operation '%s' is not supported by keys of type EC.", op)
			}
		case "import", "export":
		default:
			return fault.New(fault.BadParameter, "Invalid key_ops value: %s", printable(op))
		}
		if slices.Contains(ops[:i], op) {
			return fault.New(fault.BadParameter, "The key operation '%s' is given twice.", op)
		}
	}
	return nil
}
