package soft

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// AES key wrap: RFC 3394, and with padding RFC 5649.
const (
	semiblock = 8
	// defaultIV is that of RFC 3394, section 2.2.3.1.
	defaultIV = 0xA6A6A6A6A6A6A6A6
	// paddedIV is the first half of that of RFC 5649, section 3.
	paddedIV = 0xA65959A6
)

// wrapKey wraps text of at least two semiblocks.
func wrapKey(block cipher.Block, text []byte) []byte {
	return wrapBlocks(block, defaultIV, text)
}

func unwrapKey(block cipher.Block, wrapped []byte) ([]byte, bool) {
	if len(wrapped)%semiblock != 0 || len(wrapped) < 3*semiblock {
		return nil, false
	}
	iv, text := unwrapBlocks(block, wrapped)
	return text, sameIV(iv, defaultIV)
}

func sameIV(a, b uint64) bool {
	var x, y [semiblock]byte
	binary.BigEndian.PutUint64(x[:], a)
	binary.BigEndian.PutUint64(y[:], b)
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// wrapKeyPad wraps text of at least one byte.
func wrapKeyPad(block cipher.Block, text []byte) []byte {
	iv := uint64(paddedIV)<<32 | uint64(uint32(len(text)))
	padded := make([]byte, (len(text)+semiblock-1)/semiblock*semiblock)
	defer clear(padded)
	copy(padded, text)
	if len(padded) == semiblock {
		out := make([]byte, aes.BlockSize)
		binary.BigEndian.PutUint64(out, iv)
		copy(out[semiblock:], padded)
		block.Encrypt(out, out)
		return out
	}
	return wrapBlocks(block, iv, padded)
}

func unwrapKeyPad(block cipher.Block, wrapped []byte) ([]byte, bool) {
	if len(wrapped)%semiblock != 0 || len(wrapped) < 2*semiblock {
		return nil, false
	}
	var iv uint64
	var text []byte
	if len(wrapped) == aes.BlockSize {
		var b [aes.BlockSize]byte
		block.Decrypt(b[:], wrapped)
		iv, text = binary.BigEndian.Uint64(b[:]), b[semiblock:]
	} else {
		iv, text = unwrapBlocks(block, wrapped)
	}
	// All of it is looked at before the first answer, whatever is wrong.
	n := int(uint32(iv))
	pad := len(text) - n
	good := 0
	if iv>>32 == paddedIV && n > 0 && pad >= 0 && pad < semiblock {
		good = 1
	}
	for i := range semiblock {
		inside := subtle.ConstantTimeLessOrEq(i+1, min(max(pad, 0), semiblock))
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(text[len(text)-1-i], 0), 1)
	}
	if good != 1 {
		return nil, false
	}
	return text[:n:n], true
}

// wrapBlocks is the wrapping process W of RFC 3394, section 2.2.1.
func wrapBlocks(block cipher.Block, iv uint64, text []byte) []byte {
	n := len(text) / semiblock
	out := make([]byte, semiblock+len(text))
	copy(out[semiblock:], text)
	var b [aes.BlockSize]byte
	binary.BigEndian.PutUint64(b[:], iv)
	for j := range 6 {
		for i := 1; i <= n; i++ {
			r := out[i*semiblock : (i+1)*semiblock]
			copy(b[semiblock:], r)
			block.Encrypt(b[:], b[:])
			copy(r, b[semiblock:])
			binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^uint64(n*j+i))
		}
	}
	copy(out, b[:semiblock])
	return out
}

// unwrapBlocks is its inverse W^-1, of section 2.2.2.
func unwrapBlocks(block cipher.Block, wrapped []byte) (iv uint64, text []byte) {
	n := len(wrapped)/semiblock - 1
	text = append(make([]byte, 0, n*semiblock), wrapped[semiblock:]...)
	var b [aes.BlockSize]byte
	copy(b[:], wrapped[:semiblock])
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			r := text[(i-1)*semiblock : i*semiblock]
			binary.BigEndian.PutUint64(b[:], binary.BigEndian.Uint64(b[:])^uint64(n*j+i))
			copy(b[semiblock:], r)
			block.Decrypt(b[:], b[:])
			copy(r, b[semiblock:])
		}
	}
	return binary.BigEndian.Uint64(b[:]), text
}
