package bus

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

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

// sparedSet names a list of prefixes, so that who has another notices; "" is
// that of none.
func sparedSet(prefixes []netip.Prefix) string {
	if len(prefixes) == 0 {
		return ""
	}
	var text []byte
	for _, p := range prefixes {
		text = append(p.AppendTo(text), ' ')
	}
	return strconv.FormatUint(xxh3.Hash(text), 36)
}

// tellSpared tells a follower whom not to refuse by itself, if it wants to know
// and the service says.
func tellSpared(f block.Follower, prefixes []netip.Prefix) {
	if h, ok := f.(block.SparedHearer); ok && len(prefixes) > 0 {
		h.Spared(prefixes)
	}
}

// keysOf gives the match keys of segments.
func (b *Bus) keysOf(segments []string) map[string][]block.MatchKey {
	keys := make(map[string][]block.MatchKey, len(segments))
	for _, s := range segments {
		keys[s] = b.opts.MatchKeys(s)
	}
	return keys
}
