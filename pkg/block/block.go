package block

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// All is the segment that every agent gets, whatever it is enrolled for.
const All = "all"

// ID names a block or an agent's provisional refusal in access logs, APIs and
// audits. It is written as 16 hex digits.
type ID uint64

// NewID derives an id: the same parts give the same id, so that a finding
// that is delivered twice asks for one block. Order matters.
func NewID(parts ...string) ID {
	h := xxh3.New()
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_, _ = h.Write([]byte{0})
	}
	return ID(h.Sum64())
}

// String is the id as 16 hex digits.
func (id ID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	*id = parsed
	return err
}

// ParseID is the inverse of String.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0, fmt.Errorf("block id %q: want 16 hex digits", s)
	}
	return ID(n), nil
}

// Block is one entry of the blocklist with everything that a person may ask
// about it. A segment holds at most one block for a target.
type Block struct {
	ID              ID        `json:"id"`
	Segment         string    `json:"segment"`
	Target          Target    `json:"target"`
	Action          Action    `json:"action"`
	Terms           *Terms    `json:"terms,omitempty"` // nil = the action's defaults
	Mode            Mode      `json:"mode"`
	Percent         uint8     `json:"percent,omitempty"` // of the clients, in mode canary: 1 to 99
	LifetimeSeconds int64     `json:"lifetime_seconds"`  // from the decision, at least 1
	CreatedAt       time.Time `json:"created_at"`        // the decision
	Reason          string    `json:"reason"`
	Rule            string    `json:"rule,omitempty"`
	RuleVersion     string    `json:"rule_version,omitempty"`
	Findings        []string  `json:"findings,omitempty"` // ids of the evidence
	By              string    `json:"by"`                 // "rule:…", "token:NAME", "agent:NAME"
	ApprovedBy      string    `json:"approved_by,omitempty"`
	Batch           string    `json:"batch,omitempty"`  // blocks that were made together are undone together
	Repeat          int       `json:"repeat,omitempty"` // blocks of late that this one follows on the same target: why it lasts longer
	Revision        uint64    `json:"revision"`         // set by the bus when the block is stored
}

// Lifetime is how long the block lasts from its decision on.
func (b *Block) Lifetime() time.Duration { return time.Duration(b.LifetimeSeconds) * time.Second }

// ExpiresAt is the end of the block by the wall clock of who decided.
func (b *Block) ExpiresAt() time.Time { return b.CreatedAt.Add(b.Lifetime()) }

// Key is the block's key on the bus: "segment.scope.value".
func (b *Block) Key() string { return b.Segment + "." + b.Target.Key() }

// Validate checks what must hold for every block, whoever asked for it.
func (b *Block) Validate() error {
	switch {
	case !ValidName(b.Segment):
		return fmt.Errorf("block segment %q: %w", b.Segment, ErrName)
	case !b.Target.valid():
		return errors.New("block target: want an address, a prefix or another scope")
	case b.Target.Exemption() != (b.Action == Allow):
		return fmt.Errorf("block target %q: an exemption has the action allow, and nothing else has", b.Target)
	case (b.Mode == Canary) != (b.Percent > 0 && b.Percent < 100):
		return fmt.Errorf("block percent of %d: want 1 to 99 in mode canary, and none in others", b.Percent)
	case b.LifetimeSeconds < 1:
		return fmt.Errorf("block lifetime of %d s: want at least 1 s", b.LifetimeSeconds)
	case b.ID == 0:
		return errors.New("block without an id")
	}
	return b.Terms.validate(b.Action)
}

// ErrName tells what a segment or an agent may be called.
var ErrName = errors.New("want 1 to 64 of the characters a-z, 0-9, - and _")

// ValidName tells whether s may name a segment or an agent: it becomes part
// of subjects and keys on the bus.
func ValidName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", r)
	})
}
