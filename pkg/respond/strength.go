package respond

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// byRule begins what a block of a rule says of who made it, and byConfig is
// what an exemption that stands in the configuration says.
const (
	byRule   = "rule:"
	byConfig = "config"
)

// strength orders blocks on one target by how much they do: in shadow nothing,
// then flags, canaries by their share, and what is acted on for all by action.
func strength(b *block.Block) int {
	switch {
	case b.Mode == block.Shadow:
		return 0
	case b.Action == block.Flag:
		return 100
	case b.Mode == block.Canary:
		return 200 + int(b.Percent)
	}
	switch b.Action {
	case block.Throttle:
		return 300
	case block.Divert:
		return 400
	case block.Drop:
		return 600
	default:
		return 500
	}
}

// byList begins what a block says of who made it when that is a list.
const byList = "list:"

// replaceable tells whether a block gives way to another on its target: one
// that a rule made, or that is in shadow, and that does less; or a list's, to
// what the same list says again for longer. What a person has decided to act on
// stands.
func replaceable(held, by *block.Block) bool {
	if by.By == held.By && strings.HasPrefix(by.By, byList) {
		return held.ExpiresAt().Before(by.ExpiresAt())
	}
	return strength(held) < strength(by) && (automatic(held) || held.Mode == block.Shadow)
}

func automatic(b *block.Block) bool { return strings.HasPrefix(b.By, byRule) }

// refuses tells whether a block is acted on for all clients so that their
// requests do not reach the application.
func refuses(b *block.Block) bool { return b.Mode == block.Enforce && b.Action.Refuses() }

// harms tells whether a block can keep anybody from anything.
func harms(b *block.Block) bool {
	return b.Mode != block.Shadow && b.Action != block.Flag && b.Action != block.Allow
}
