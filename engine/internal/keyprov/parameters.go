package keyprov

import "fmt"

const (
	aesBlock = 16
	gcmNonce = 12
	gcmTag   = 16
)

// CheckPlaintext checks the length of what is to be encrypted or wrapped with an oct
// key: ErrLength if the algorithm cannot take it.
func (i Info) CheckPlaintext(n int) error {
	switch {
	case i.Scheme == KeyWrap && (n < aesBlock || n%8 != 0):
		return fmt.Errorf("%s wraps a multiple of 8 bytes, at least 16, not %d: %w", i.Algorithm, n, ErrLength)
	case i.Scheme == KeyWrapPad && n == 0:
		return fmt.Errorf("%s wraps at least one byte: %w", i.Algorithm, ErrLength)
	case i.Scheme == CBC && (n == 0 || n%aesBlock != 0):
		return fmt.Errorf("%s encrypts a multiple of 16 bytes, not %d: %w", i.Algorithm, n, ErrLength)
	}
	return nil
}

// CheckParameters checks the lengths of IV and tag, to decrypt or to encrypt with an
// oct key: ErrLength if one is wrong. The IV of CBC is the caller's; that of GCM never
// is when encrypting, since to use one twice gives the key away.
func (i Info) CheckParameters(in Sealed, decrypt bool) error {
	iv, tag := 0, 0
	switch i.Scheme {
	case CBC, CBCPad:
		iv = aesBlock
	case GCM:
		if decrypt {
			iv, tag = gcmNonce, gcmTag
		}
	}
	if len(in.IV) != iv {
		return fmt.Errorf("%s wants an iv of %d bytes, not %d: %w", i.Algorithm, iv, len(in.IV), ErrLength)
	}
	if len(in.Tag) != tag {
		return fmt.Errorf("%s wants a tag of %d bytes, not %d: %w", i.Algorithm, tag, len(in.Tag), ErrLength)
	}
	if i.Scheme != GCM && len(in.AAD) != 0 {
		return fmt.Errorf("%s takes no additional data: %w", i.Algorithm, ErrLength)
	}
	return nil
}
