package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
)

// secretBytes is the randomness of a secret: too much to be guessed, so that
// a plain hash of it may be stored.
const secretBytes = 32

// Digest is what is stored in place of a secret: its SHA-256. Secrets made by
// this package are random, so a slow hash would add nothing. Digests are
// comparable; the zero Digest matches no secret.
type Digest [sha256.Size]byte

// DigestOf is the digest of a secret.
func DigestOf(secret string) Digest { return sha256.Sum256([]byte(secret)) }

// Matches tells whether the secret has this digest, in constant time.
func (d Digest) Matches(secret string) bool {
	other := DigestOf(secret)
	return subtle.ConstantTimeCompare(d[:], other[:]) == 1
}

// String is the digest as 64 hex digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest is the inverse of String.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(d) {
		return Digest{}, fmt.Errorf("digest of %d characters: want %d hex digits", len(s), 2*len(d))
	}
	copy(d[:], raw)
	return d, nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// NewSecret makes a secret of 256 bits from random, which is crypto/rand's
// Reader in earnest. It is written with A-Z, a-z, 0-9, - and _.
func NewSecret(random io.Reader) (string, error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}
