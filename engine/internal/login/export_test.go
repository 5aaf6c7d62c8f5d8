package login

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
)

// SignRaw signs header and payload as they are with the key that signs now.
func (s *Service) SignRaw(ctx context.Context, headerPart, payloadPart string) ([]byte, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(headerPart + "." + payloadPart))
	return rsa.SignPKCS1v15(rand.Reader, key.private, crypto.SHA256, digest[:])
}

// SigningPublic returns the public half of the key that signs now.
func (s *Service) SigningPublic(ctx context.Context) (*rsa.PublicKey, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	return key.public, nil
}

// Parsers for fuzzing.
var (
	ParseForm  = parseForm
	ParseScope = parseScope
)

// ParseJWT reports whether the token can be read.
func ParseJWT(token string) error {
	_, err := parseJWT(token)
	return err
}

// VerifyToken verifies the token, whatever its audience and times.
func (s *Service) VerifyToken(ctx context.Context, token string) bool {
	_, p := s.verifyToken(ctx, token)
	return p == nil
}

// MatchesRedirect compares redirect URIs.
var MatchesRedirect = matchesRedirect
