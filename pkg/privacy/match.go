package privacy

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// matchKind is no kind of an actor: what it derives is no hash of anybody.
const matchKind = "match\x00"

// MatchKeys derives the keys under which the agents of a segment know users,
// keys, tokens and sessions: one of each key of the ring, the current one
// first. They tell nothing of the ring, and those of one segment nothing of
// another's: who takes an agent can find out the hashes of its segments' blocks
// by guessing, and no other hash.
func (k Keyring) MatchKeys(segment string) []block.MatchKey {
	keys := make([]block.MatchKey, len(k.keys))
	for i := range k.keys {
		mac := hmac.New(sha256.New, k.keys[i].Secret[:])
		_, _ = mac.Write([]byte(matchKind + segment))
		keys[i] = block.NewMatchKey([32]byte(mac.Sum(nil)))
	}
	return keys
}
