package bus

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// keySet names the match keys of a segment, so that who has others notices.
// It is made of their ids, which every hash on the wire shows too.
func keySet(keys []block.MatchKey) string {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return strings.Join(ids, " ")
}

// keysOf gives the match keys of segments.
func (b *Bus) keysOf(segments []string) map[string][]block.MatchKey {
	keys := make(map[string][]block.MatchKey, len(segments))
	for _, s := range segments {
		keys[s] = b.opts.MatchKeys(s)
	}
	return keys
}
