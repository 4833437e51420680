package respond

import (
	"errors"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ErrRefused is what every Refusal is, for errors.Is.
var ErrRefused = errors.New("refused by the guard")

// Refusal is the guard's no, or its reason for wanting a second person. Its
// text is for people.
type Refusal struct {
	Rule      string `json:"rule"`   // which of the guard's rules: "allowlist", "trusted-hop", "budget" …
	Reason    string `json:"reason"` // with the target in it
	Hint      string `json:"hint,omitempty"`
	NeedAdmin bool   `json:"need_admin,omitempty"` // an admin may
	// Parts are targets that together are what was asked for without whoever is
	// protected in it; none when there is no such way out.
	Parts []block.Target `json:"parts,omitempty"`
}

// Error implements error.
func (r *Refusal) Error() string { return "refused by the guard: " + r.Reason }

// Is makes every refusal an ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// Word is what the guard says about a block.
type Word string

// The guard's words.
const (
	Allowed       Word = "allowed"
	Refused       Word = "refused"
	NeedsApproval Word = "needs approval" // of a second person
	Narrowed      Word = "narrowed"       // to somebody behind a shared address
)

// Ruling is the guard's word on a block that somebody asked for.
type Ruling struct {
	Word Word `json:"word"`
	// Because tells why it is not allowed as it was asked for; nil when it is.
	Because *Refusal `json:"because,omitempty"`
	// Impact is what the target has sent in the last day; nil when that is not
	// known, or does not matter because nobody is refused.
	Impact *Day `json:"impact,omitempty"`
	// Warnings are what who asks may not have meant.
	Warnings []string `json:"warnings,omitempty"`
}

// Err is the refusal, or nil when there is none.
func (r *Ruling) Err() error {
	if r.Word == Refused {
		return r.Because
	}
	return nil
}

func refusedBy(r *Refusal) Ruling   { return Ruling{Word: Refused, Because: r} }
func approvalFor(r *Refusal) Ruling { return Ruling{Word: NeedsApproval, Because: r} }
