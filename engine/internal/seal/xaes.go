package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
)

const (
	halfNonce = 12
	// overhead is what XAES-256-GCM adds: its nonce and the tag.
	overhead = 2*halfNonce + 16
)

// extended is a key of XAES-256-GCM (https://c2sp.org/XAES-256-GCM).
type extended struct {
	block cipher.Block
	// k1 is the first subkey of CMAC.
	k1 [aes.BlockSize]byte
}

func newExtended(key []byte) (*extended, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	x := &extended{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	var msb byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		msb, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|msb
	}
	x.k1[len(x.k1)-1] ^= byte(subtle.ConstantTimeSelect(int(msb), 0b10000111, 0))
	return x, nil
}

// derive returns the AEAD of all messages whose nonce begins with half. It chooses
// the other half itself when it seals, and puts it before the ciphertext.
func (x *extended) derive(half []byte) (cipher.AEAD, error) {
	var key [2 * aes.BlockSize]byte
	defer clear(key[:])
	for i := range 2 {
		m := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		copy(m, []byte{0, byte(i + 1), 'X', 0})
		copy(m[4:], half)
		subtle.XORBytes(m, m, x.k1[:])
		x.block.Encrypt(m, m)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal appends nonce, ciphertext and tag to dst.
func (x *extended) seal(dst, plaintext, ad []byte) ([]byte, error) {
	var half [halfNonce]byte
	if _, err := rand.Read(half[:]); err != nil {
		return nil, err
	}
	aead, err := x.derive(half[:])
	if err != nil {
		return nil, err
	}
	return aead.Seal(append(dst, half[:]...), nil, plaintext, ad), nil
}

// open undoes seal; every failure is ErrTampered.
func (x *extended) open(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < overhead {
		return nil, ErrTampered
	}
	aead, err := x.derive(sealed[:halfNonce])
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, nil, sealed[halfNonce:], ad)
	if err != nil {
		return nil, ErrTampered
	}
	return plaintext, nil
}
