package respond

import (
	"errors"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// ErrInvalid is wrapped when what a person asks for makes no sense.
var ErrInvalid = errors.New("invalid request")

// Discard is an analyst's word that findings like these are none: they are
// kept, marked as discarded, and cause neither alert nor block. What is given
// of Actor, Rule and Path must all hold; at least one is given.
type Discard struct {
	ID        string        `json:"id"`
	Actor     finding.Actor `json:"actor,omitzero"`
	Rule      string        `json:"rule,omitempty"`
	Path      string        `json:"path,omitempty"` // exact, or a beginning that ends in "*"
	Reason    string        `json:"reason"`
	By        string        `json:"by"`
	At        time.Time     `json:"at"`
	ExpiresAt time.Time     `json:"expires_at,omitzero"` // zero = until it is removed
}

func (d *Discard) live(now time.Time) bool { return d.ExpiresAt.IsZero() || now.Before(d.ExpiresAt) }

func (d *Discard) matches(f *finding.Finding) bool {
	return (d.Actor == finding.Actor{} || d.Actor == f.Actor || d.Actor == f.Principal) &&
		(d.Rule == "" || d.Rule == f.Rule) &&
		(d.Path == "" || matchesPath(d.Path, f.Sighting.Path))
}

// isAbout tells whether a discard is about all that a rule has found of an
// actor, whatever of it is remembered.
func (d *Discard) isAbout(a finding.Actor, rule string) bool {
	return d.Path == "" && (d.Actor == finding.Actor{} || d.Actor == a) && (d.Rule == "" || d.Rule == rule)
}

func matchesPath(pattern, path string) bool {
	if stem, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, stem)
	}
	return pattern == path
}
