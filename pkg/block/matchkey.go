package block

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MatchKey is a key under which the agents of a segment know users, keys,
// tokens and sessions: blocks name them by its hashes, so that neither a block
// nor an agent's disk holds a secret. A segment has a current key and those of
// before under which blocks still live.
type MatchKey struct {
	ID     string   `json:"id"` // "m" and 8 hex digits, made from the secret
	Secret [32]byte `json:"-"`
}

const (
	matchIDSize  = 9
	matchMAC     = 15 // bytes of the HMAC that are kept
	matchedSize  = matchIDSize + 1 + 20
	matchKeyText = "honeymoat match key id\x00"
)

// NewMatchKey makes a key of a secret.
func NewMatchKey(secret [32]byte) MatchKey {
	sum := sha256.Sum256(append([]byte(matchKeyText), secret[:]...))
	return MatchKey{ID: fmt.Sprintf("m%x", sum[:4]), Secret: secret}
}

// String is the key's id: a secret does not get into a log by accident.
func (k MatchKey) String() string { return k.ID }

// GoString is String.
func (k MatchKey) GoString() string { return k.ID }

// MarshalJSON writes {"secret": base64}. It is for the wire to an agent, which
// is encrypted, and for files that only their owner may read.
func (k MatchKey) MarshalJSON() ([]byte, error) {
	return []byte(`{"secret":"` + base64.StdEncoding.EncodeToString(k.Secret[:]) + `"}`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (k *MatchKey) UnmarshalJSON(data []byte) error {
	var v struct {
		Secret []byte `json:"secret"`
	}
	if err := json.Unmarshal(data, &v); err != nil || len(v.Secret) != len(k.Secret) {
		return errors.New("match key: want a secret of 32 bytes") // and not what was there instead
	}
	*k = NewMatchKey([32]byte(v.Secret))
	return nil
}

// Hash is the value by which blocks of the segment name a user, key, token or
// session: the key's id, ':' and 20 characters of URL-safe base64.
func (k MatchKey) Hash(s Scope, value string) string {
	mac := hmac.New(sha256.New, k.Secret[:])
	_, _ = mac.Write([]byte(string(s) + "\x00" + value))
	return k.ID + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:matchMAC])
}

// Target is NewTarget of criteria whose users, keys, tokens and sessions stand
// there as they are.
func (k MatchKey) Target(criteria []Criterion) (Target, error) {
	hashed := slices.Clone(criteria)
	for i, c := range hashed {
		if c.Scope.Secret() && c.Value != "" {
			hashed[i].Value = k.Hash(c.Scope, c.Value)
		}
	}
	return NewTarget(hashed...)
}

// IsMatched tells whether a value has the form of a MatchKey's hash, under
// whatever key.
func IsMatched(v string) bool {
	if len(v) != matchedSize || v[0] != 'm' || v[matchIDSize] != ':' {
		return false
	}
	mac, err := base64.RawURLEncoding.DecodeString(v[matchIDSize+1:])
	return err == nil && len(mac) == matchMAC && strings.Trim(v[1:matchIDSize], "0123456789abcdef") == ""
}
