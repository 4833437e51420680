package sigma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

var (
	familyName = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)
	actorNames = []string{
		string(finding.Address), string(finding.User), string(finding.Application), string(finding.Key),
		string(finding.Token), string(finding.Session), string(finding.Fingerprint),
	}
	tierNames = []string{finding.Log.String(), finding.Notify.String(), finding.Page.String()}
)

// extension reads the key honeymoat:, in which every key has to be known.
func (d *draft) extension() Extension {
	t := d.tree.get("honeymoat")
	if t == nil || t.shape == null {
		return Extension{}
	}
	d.onlyKeys(t, "honeymoat", "family", "tier", "actor", "block")
	e := Extension{
		Family: finding.Family(d.text(t, "family")),
		Actor:  finding.ActorKind(d.oneOf(t, "actor", actorNames)),
		Block:  d.block(t.get("block")),
	}
	if e.Family != "" && !familyName.MatchString(string(e.Family)) {
		d.fail(t.get("family"), `a family is a word such as "injection"`, "family: %q is not made of a to z and -", e.Family)
	}
	if tier := d.oneOf(t, "tier", tierNames); tier != "" {
		e.Tier = finding.Tier(slices.Index(tierNames, tier)) + finding.Log
	}
	return e
}

// onlyKeys tells keys that are not known.
func (d *draft) onlyKeys(t *tree, what string, known ...string) {
	if t.shape != mapping {
		d.fail(t, "the keys are "+strings.Join(known, ", "), "%s is %s", what, t.shape)
		return
	}
	for _, e := range t.entries {
		if slices.Contains(known, e.key.text) {
			continue
		}
		hint := "the keys are " + strings.Join(known, ", ")
		if near := mistake.Nearest(e.key.text, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		d.fail(e.key, hint, "%s has no key %q", what, e.key.text)
	}
}
