package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// listedRule is a rule with what it has found in the last day, where a service
// tells that.
type listedRule struct {
	ruletest.Listed
	Hits *wire.RuleHits `json:"hits,omitempty"`
}

// hitsTimeout is how long a list of rules waits for the service.
const hitsTimeout = 5 * time.Second

// withHits joins what the service knows to a list of rules. A service that is
// not there is no error unless the command line names one: rules are written
// on hosts that have none.
func withHits(c *cobra.Command, r remote, list []ruletest.Listed) ([]listedRule, error) {
	hits, err := hitsOf(c, r)
	if err != nil {
		return nil, err
	}
	joined := make([]listedRule, len(list))
	for i, l := range list {
		joined[i] = listedRule{l, hits[l.Key]}
	}
	return joined, nil
}

// hitsOf asks the service for its rules.
func hitsOf(c *cobra.Command, r remote) (map[string]*wire.RuleHits, error) {
	api, err := r.connectFor(hitsTimeout)
	if err != nil {
		if r.named(c) {
			return nil, err
		}
		return nil, nil // nobody has said that there is a service
	}
	defer api.Close()
	hits := map[string]*wire.RuleHits{}
	for rule, err := range api.Rules(c.Context()) {
		if err != nil && r.named(c) {
			return nil, err
		}
		if err != nil {
			fmt.Fprintln(c.ErrOrStderr(), "What rules found in the last day is left out:", err)
			return nil, nil
		}
		hits[rule.Key] = rule.Hits
	}
	return hits, nil
}

// hitsText is for a table: records that matched, and of how many actors.
func hitsText(h *wire.RuleHits) string {
	switch {
	case h == nil:
		return ""
	case h.Sightings == 0:
		return "0"
	}
	return fmt.Sprintf("%d by %s", h.Sightings, count(h.Actors, "actor"))
}
