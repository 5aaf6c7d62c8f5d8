package vault

import (
	"context"
	"errors"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

// KeySettings are what requests to create, import and update a key have in common.
type KeySettings struct {
	Ops        Optional[[]string]
	Attributes AttributesInput
	Tags       Optional[map[string]string]
	// ReleasePolicy says that the request has a release policy, which is not supported.
	ReleasePolicy bool
}

func (in *KeySettings) check() error {
	if in.ReleasePolicy || in.Attributes.Exportable != nil && *in.Attributes.Exportable {
		return fault.New(fault.NotImplemented, "Secure key release is not supported: a key cannot be exportable or have a release policy.")
	}
	if in.Ops.Value != nil {
		if err := checkOps("", *in.Ops.Value); err != nil {
			return err
		}
	}
	if err := checkTags(Keys, in.Tags); err != nil {
		return err
	}
	return in.Attributes.check()
}

// KeyInput is what a request to create a key gives.
type KeyInput struct {
	KeySettings
	// Type is the kty of the wire.
	Type string
	// Size is in bits; nil for the default of the type.
	Size *int
	// Curve is empty for the default.
	Curve string
	// Exponent is the public exponent of RSA; nil for the default.
	Exponent *int
}

// spec checks the input and says what key to make.
func (in *KeyInput) spec() (keyprov.Spec, error) {
	spec := keyprov.Spec{Kind: kindOf(in.Type)}
	switch in.Type {
	case "RSA", "RSA-HSM":
		spec.Size = 2048
		if in.Size != nil {
			spec.Size = *in.Size
		}
		if in.Exponent != nil {
			spec.Exponent = *in.Exponent
			if spec.Exponent == 0 {
				spec.Exponent = -1 // not the default, but what was asked for
			}
		}
		if !spec.Valid() {
			if spec.Size != 2048 && spec.Size != 3072 && spec.Size != 4096 {
				return spec, fault.New(fault.BadParameter, "Unsupported key size")
			}
			return spec, fault.New(fault.BadParameter, "Unsupported public exponent")
		}
	case "EC", "EC-HSM":
		spec.Curve = keyprov.P256
		if in.Curve != "" {
			spec.Curve = keyprov.Curve(in.Curve)
		}
		if !spec.Valid() {
			return spec, fault.New(fault.BadParameter, "Unsupported curve")
		}
		if in.Size != nil && *in.Size != keyprov.CurveSize(spec.Curve) {
			return spec, fault.New(fault.BadParameter, "Unsupported key size")
		}
	case "oct-HSM":
		spec.Size = 256
		if in.Size != nil {
			spec.Size = *in.Size
		}
		if !spec.Valid() {
			return spec, fault.New(fault.BadParameter, "Unsupported key size")
		}
	default:
		return spec, unsupportedType(in.Type)
	}
	if in.Curve != "" && spec.Kind != keyprov.EC {
		return spec, fault.New(fault.BadParameter, "A key of type %s has no curve.", in.Type)
	}
	if in.Exponent != nil && spec.Kind != keyprov.RSA {
		return spec, fault.New(fault.BadParameter, "A key of type %s has no public exponent.", in.Type)
	}
	return spec, in.checkFor(spec.Kind)
}

func (in *KeySettings) checkFor(kind keyprov.Kind) error {
	if in.Ops.Value != nil {
		if err := checkOps(kind, *in.Ops.Value); err != nil {
			return err
		}
	}
	return in.check()
}

func (in *KeySettings) opsFor(kind keyprov.Kind) []string {
	if in.Ops.Value != nil {
		return *in.Ops.Value
	}
	return defaultOps(kind)
}

func unsupportedType(keyType string) error {
	if keyType == "" {
		return invalidValue()
	}
	return fault.New(fault.KeyTypeNotSupported, "Invalid kty value: %s", printable(keyType))
}

// provider returns what makes and uses keys of the type in the vault of the call.
func (c *call) provider(keyType string) (keyprov.Provider, error) {
	switch {
	case !isHSM(keyType):
		return c.s.soft, nil
	case !c.vault.Premium:
		return nil, fault.New(fault.BadParameter, "Hardware key operation not allowed on standard vault")
	case c.s.hsm == nil:
		return nil, fault.New(fault.NotImplemented, "Hardware key operation not allowed: this deployment has no hardware security module.")
	}
	return c.s.hsm, nil
}

// CreateKey makes a key, as a new version if there is one of that name.
func (s *Service) CreateKey(ctx context.Context, caller authz.Caller, ref Ref, in KeyInput) (Item, error) {
	ref.Version = ""
	c := s.begin(ctx, caller, "KeyCreate", ref)
	spec, err := in.spec()
	c.reject(err)
	return c.makeKey(in.Type, &in.KeySettings, spec.Kind, func(ctx context.Context, p keyprov.Provider) (keyprov.Material, error) {
		return p.Generate(ctx, spec)
	})
}

// KeyImport is what a request to import a key gives.
type KeyImport struct {
	KeySettings
	// Type is the kty of the wire.
	Type string
	// HSM asks for a software type of key to be kept in hardware.
	HSM bool
	// Wrapped says that the material is in a transfer blob, which is not supported.
	Wrapped bool
	JWK     keyprov.PrivateJWK
}

func (in *KeyImport) check() error {
	switch in.Type {
	case "RSA", "RSA-HSM", "EC", "EC-HSM", "oct-HSM":
	default:
		return unsupportedType(in.Type)
	}
	if in.Wrapped {
		return fault.New(fault.NotImplemented, "The import of a key transfer blob (key_hsm) is not supported.")
	}
	return in.checkFor(kindOf(in.Type))
}

// ImportKey makes a key of material from outside, as a new version if there is one of
// that name.
func (s *Service) ImportKey(ctx context.Context, caller authz.Caller, ref Ref, in KeyImport) (Item, error) {
	ref.Version = ""
	c := s.begin(ctx, caller, "KeyImport", ref)
	c.reject(in.check())
	keyType := in.Type
	if in.HSM && !isHSM(keyType) {
		keyType += hsmSuffix
	}
	in.JWK.Kind = kindOf(keyType)
	return c.makeKey(keyType, &in.KeySettings, in.JWK.Kind, func(ctx context.Context, p keyprov.Provider) (keyprov.Material, error) {
		return p.Import(ctx, in.JWK)
	})
}

// makeKey adds a version whose material comes from obtain.
func (c *call) makeKey(keyType string, in *KeySettings, kind keyprov.Kind, obtain func(context.Context, keyprov.Provider) (keyprov.Material, error)) (Item, error) {
	var out Item
	var madeFor string
	version := Version{ID: newID()}
	startTags(&version, in.Tags)
	err := c.s.gate.Write(c.ctx, c.caller, c.operation(), func(ctx context.Context) error {
		madeFor = c.vault.ID
		return c.seal(ctx, &version, keyType, in.opsFor(kind), obtain)
	}, func(w Writer, rec *audit.Record) error {
		if c.vault.ID != madeFor {
			return errVaultChanged()
		}
		in.Attributes.start(&version, unix(w.Now()))
		auditKey(rec, &version)
		o, err := c.addVersion(w, &version)
		if err != nil {
			return err
		}
		out, err = newBundle(c.vault, &o, &version)
		return err
	})
	return out, err
}

// seal obtains the material of a version and seals it.
func (c *call) seal(ctx context.Context, version *Version, keyType string, ops []string, obtain func(context.Context, keyprov.Provider) (keyprov.Material, error)) error {
	provider, err := c.provider(keyType)
	if err != nil {
		return err
	}
	material, err := obtain(ctx, provider)
	if err != nil {
		return providerFault(err)
	}
	defer material.Handle.Wipe()
	if version.Key, err = newKeyRow(keyType, ops, material.Public); err != nil {
		return err
	}
	key, err := c.s.dataKey(ctx, c.vault.ID)
	if err != nil {
		return err
	}
	version.Sealed, err = key.Seal(keyAD(c.fold, version.ID), material.Handle)
	return err
}

// providerFault is what a client is told of an error of a provider.
func providerFault(err error) error {
	kind, text := fault.BadParameter, ""
	switch {
	case errors.Is(err, keyprov.ErrInvalid):
		text = "The key material is not a valid key."
	case errors.Is(err, keyprov.ErrUnsupported):
		text = "The key type, size, curve or algorithm is not supported."
	case errors.Is(err, keyprov.ErrLength):
		text = "Invalid length of the value for the algorithm."
	case errors.Is(err, keyprov.ErrDecrypt):
		// The service's own words for every ciphertext that does not open.
		text = "The parameter is incorrect.\r\n"
	case errors.Is(err, keyprov.ErrUnavailable):
		kind, text = fault.Unavailable, "The key provider is not available. Please retry the request."
	default:
		return err
	}
	return &fault.Error{Kind: kind, Message: text, Cause: err}
}

// GetKey returns a version of the key, the current one if ref names none.
func (s *Service) GetKey(ctx context.Context, caller authz.Caller, ref Ref) (Item, error) {
	c := s.begin(ctx, caller, "KeyGet", ref)
	var out Item
	err := s.gate.Read(ctx, caller, c.operation(), func(r Reader, rec *audit.Record) error {
		o, v, err := c.findKey(r)
		if err != nil {
			return err
		}
		auditKey(rec, &v)
		if !v.Enabled {
			return keyDisabled("get")
		}
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}

func keyDisabled(op string) error {
	return fault.New(fault.KeyDisabled, "Operation %s is not allowed on a disabled key.", op)
}

// UpdateKey changes what is not the material of a version, the current one if ref
// names none.
func (s *Service) UpdateKey(ctx context.Context, caller authz.Caller, ref Ref, in KeySettings) (Item, error) {
	c := s.begin(ctx, caller, "KeyUpdate", ref)
	c.reject(in.check())
	var out Item
	err := s.gate.Write(ctx, caller, c.operation(), c.settle, func(w Writer, rec *audit.Record) error {
		o, v, err := c.find(w, false)
		if err != nil {
			return err
		}
		if err := in.Attributes.update(&v, unix(w.Now())); err != nil {
			return err
		}
		if in.Ops.Value != nil {
			if err := checkOps(kindOf(v.Key.Type), *in.Ops.Value); err != nil {
				return err
			}
			v.Key.Ops = strings.Join(*in.Ops.Value, ",")
		}
		updateTags(&v, in.Tags)
		auditKey(rec, &v)
		if err := w.UpdateVersion(o.ID, v); err != nil {
			return err
		}
		if o.Policy != "" && o.Current == v.ID {
			// The rotation may go by the expiry, which may have changed.
			if err := o.schedule(&v); err != nil {
				return err
			}
			if err := w.UpdateObject(o); err != nil {
				return err
			}
		}
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}
