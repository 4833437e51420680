package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/replay"
	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/intel"
	"github.com/honeymoat/honeymoat/pkg/inventory"
)

// judgeFlags tell by what a finished log is judged.
type judgeFlags struct {
	rules []string
	only  []string
}

// judges are the names that --only knows.
var judges = []string{"decoys", "rules", "baselines", "intel"}

func addJudgeFlags(c *cobra.Command) *judgeFlags {
	j := &judgeFlags{}
	c.Flags().StringSliceVar(&j.rules, "rules", nil, "Files and folders with Sigma rules, in place of the configured and the shipped ones.")
	c.Flags().StringSliceVar(&j.only, "only", nil, "Judge by these only: "+strings.Join(judges, ", ")+".")
	return j
}

// apply puts rules and indicators into the options, and takes out what is not
// asked for. Refused rules are told, and the others judge.
func (j *judgeFlags) apply(c *cobra.Command, cfg config.Service, o *replay.Options) error {
	for _, name := range j.only {
		if !slices.Contains(judges, name) {
			return fmt.Errorf("--only %s: want %s", name, strings.Join(judges, ", "))
		}
	}
	if len(j.rules) > 0 && !j.wants("rules") {
		return errors.New("--rules names rules, and --only leaves them out")
	}
	if !j.wants("decoys") {
		o.Catalogue = nil
	}
	if j.wants("intel") {
		o.Indicators = indicatorsOf(c.ErrOrStderr(), cfg)
	}
	if j.wants("baselines") {
		if len(j.only) > 0 { // who asks for it gets it
			cfg.Baselines.Enabled, cfg.Behaviour.Enabled = true, true
		}
		if err := applyBaselines(cfg, o); err != nil {
			return err
		}
	}
	if !j.wants("rules") {
		return nil
	}
	if len(j.rules) > 0 {
		cfg.Rules.Shipped, cfg.Rules.Folders, cfg.Rules.Disable = false, j.rules, nil
	}
	set, err := service.Rules(cfg.Rules, cfg.Network, nil)
	if err != nil {
		return err
	}
	for _, m := range set.Mistakes {
		fmt.Fprintln(c.ErrOrStderr(), "refused:", m.Error())
	}
	o.Rulebook = detect.NewRulebook(set.Collection, service.RulebookOptions(cfg.Rules))
	return nil
}

// replaySeed is that of the hashes of a replay: the same log gives the same
// findings.
const replaySeed = 1

// applyBaselines has what is normal learnt from the log itself, and looks at
// how actors go about it.
func applyBaselines(cfg config.Service, o *replay.Options) error {
	specs, err := service.Specs(cfg.Routes)
	if err != nil {
		return err
	}
	o.Routes = inventory.New(inventory.Options{MaxNodes: cfg.Routes.MaxSegments})
	o.Routes.UseSpecs(specs)
	o.Behaviour = service.Behaviour(cfg.Behaviour, replaySeed)
	o.Watch, err = service.Watch(cfg.Baselines, replaySeed)
	return err
}

// indicatorsOf are what is at hand of the configured threat feeds; nil without
// feeds. A feed that was never fetched is told, and the others judge.
func indicatorsOf(warn io.Writer, cfg config.Service) *detect.Indicators {
	if len(cfg.Intel.Feeds) == 0 {
		return nil
	}
	dir := service.DataDir(cfg.DataDir).IntelDir()
	set, err := intel.Stored(service.Feeds(cfg.Intel), dir, service.OwnNetworks(cfg.Network), time.Now())
	if err != nil {
		fmt.Fprintln(warn, "threat feeds:", err)
	}
	return &detect.Indicators{Set: set, Feeds: service.Listings(cfg.Intel)}
}

func (j *judgeFlags) wants(name string) bool {
	return len(j.only) == 0 || slices.Contains(j.only, name)
}

// judgedBy says by how much a log was judged.
func judgedBy(o *replay.Options) string {
	var by []string
	if o.Catalogue != nil {
		by = append(by, count(len(o.Catalogue.Decoys()), "decoy"))
	}
	if o.Rulebook != nil {
		by = append(by, count(o.Rulebook.Size(), "rule"))
	}
	if o.Indicators != nil {
		by = append(by, count(o.Indicators.Set.Len(), "indicator"))
	}
	if o.Watch != nil {
		by = append(by, "baselines")
	}
	if o.Behaviour != nil {
		by = append(by, "behaviour")
	}
	return strings.Join(by, ", ")
}
