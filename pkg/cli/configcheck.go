package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

func configCommand() *cobra.Command {
	file := ""
	parent := command.ConfigCheck(configEnv, configMeaning, func(name string) error {
		file = name
		cfg, err := readConfig(name)
		if err != nil {
			return err
		}
		return service.Check(cfg)
	})
	for _, check := range parent.Commands() {
		check.PostRunE = func(c *cobra.Command, _ []string) error { return warnOfNames(c.ErrOrStderr(), file) }
	}
	return parent
}

// warnOfNames tells of names in a good configuration that nothing has.
func warnOfNames(w io.Writer, file string) error {
	if file == "" {
		return nil
	}
	cfg, err := readConfig(file)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	known, err := namesOf(cfg)
	if err != nil {
		return err
	}
	for _, doubt := range config.Doubts(file, data, cfg, known) {
		fmt.Fprintln(w, "warning:", doubt.Error())
	}
	return nil
}

// namesOf are those of the rules, decoys, detectors and feeds that a
// configuration puts in force.
func namesOf(cfg config.Service) (config.Names, error) {
	var names config.Names
	set, err := service.Rules(cfg.Rules, cfg.Network, nil)
	if err != nil {
		return names, err
	}
	for _, r := range set.Collection.Rules {
		names.Rules, names.Families = append(names.Rules, r.Key()), append(names.Families, string(r.Family()))
	}
	for _, r := range set.Collection.Correlations {
		names.Rules, names.Families = append(names.Rules, r.Key()), append(names.Families, string(r.Family()))
	}
	catalogue, err := service.Catalogue(cfg.Decoys)
	if err != nil {
		return names, err
	}
	for _, d := range catalogue.Decoys() {
		names.Rules = append(names.Rules, decoy.RuleID(d.ID))
	}
	for _, detectors := range [][]behaviour.Description{behaviour.Detectors(), slow.Detectors()} {
		for _, d := range detectors {
			names.Rules = append(names.Rules, behaviour.RulePrefix+d.ID)
		}
	}
	for _, f := range cfg.Intel.Feeds {
		names.Rules = append(names.Rules, "intel."+f.Name)
	}
	return names, nil
}
