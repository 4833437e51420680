package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

func rulesCommand() *cobra.Command {
	parent := command.Group("rules", "Write rules, test them, and find out why they match.")
	parent.AddCommand(rulesLintCommand(), rulesTestCommand(), rulesExplainCommand(), rulesListCommand(), rulesBacktestCommand())
	return parent
}

// shippedRules stands where a folder of rules is named.
const shippedRules = "shipped"

// ruleFlags tell which rules a command is about, and which ones those refer to.
type ruleFlags struct {
	config *string
	with   *[]string
}

func addRuleFlags(c *cobra.Command) ruleFlags {
	return ruleFlags{config: configFlag(c), with: withFlag(c)}
}

func withFlag(c *cobra.Command) *[]string {
	return c.Flags().StringSlice("with", nil, "Rules to which those refer: read besides and not reported on. A file, a folder, or "+shippedRules+
		" for the rules that come with honeymoat. May be given again.")
}

// selected is a set of rules and which of its files are meant.
type selected struct {
	*ruleset.Set
	only func(file string) bool
}

// load reads rules: those of paths, else of the configured folders, else the
// shipped ones.
func (r ruleFlags) load(paths []string) (selected, error) {
	cfg, err := readConfig(*r.config)
	if err != nil {
		return selected{}, err
	}
	rules := cfg.Rules
	switch {
	case len(paths) > 0:
		rules.Shipped, rules.Disable = false, nil
	case len(rules.Folders) > 0:
		paths = rules.Folders
	default:
		paths = []string{shippedRules}
	}
	paths = untested(paths)
	all := slices.Concat(paths, *r.with)
	rules.Shipped = rules.Shipped || slices.Contains(all, shippedRules)
	if rules.Folders, err = surroundings(all); err != nil {
		return selected{}, command.Usage(err)
	}
	set, err := service.Rules(rules, cfg.Network, nil)
	return selected{set, inside(paths)}, command.Usage(err)
}

// inForce reads all that the configuration has in force, or the rules of paths.
func (r ruleFlags) inForce(paths []string) (selected, error) {
	if len(paths) > 0 {
		return r.load(paths)
	}
	cfg, err := readConfig(*r.config)
	if err != nil {
		return selected{}, err
	}
	set, err := service.Rules(cfg.Rules, cfg.Network, nil)
	return selected{set, func(string) bool { return true }}, command.Usage(err)
}

// untested puts the file of rules in the place of its tests.
func untested(paths []string) []string {
	paths = slices.Clone(paths)
	for i, path := range paths {
		ext := filepath.Ext(path)
		if rules := strings.TrimSuffix(strings.TrimSuffix(path, ext), ".test") + ext; ruleset.IsTest(path) {
			paths[i] = rules
		}
	}
	return paths
}

// surroundings lists the files and folders to be read for paths: a file comes with
// the other rules of its folder, since rules refer to each other. What lies in
// a folder that is read is not read twice.
func surroundings(paths []string) ([]string, error) {
	var folders, files []string
	for _, path := range paths {
		if path == shippedRules {
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read rules: %w", err)
		case info.IsDir():
			folders = append(folders, filepath.Clean(path))
			continue
		}
		beside, err := rulesBeside(path)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		files = append(files, beside...)
	}
	read := outermost(folders)
	for _, file := range files {
		if !slices.Contains(read, file) && !slices.ContainsFunc(read, func(folder string) bool { return lies(file, folder) }) {
			read = append(read, file)
		}
	}
	return read, nil
}

// outermost leaves out folders that lie in others.
func outermost(folders []string) []string {
	slices.Sort(folders)
	folders = slices.Compact(folders)
	return slices.DeleteFunc(slices.Clone(folders), func(inner string) bool {
		return slices.ContainsFunc(folders, func(outer string) bool { return outer != inner && lies(inner, outer) })
	})
}

// rulesBeside lists a file and the rule files of its folder.
func rulesBeside(file string) ([]string, error) {
	folder := filepath.Dir(file)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := []string{filepath.Clean(file)}
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		if e.Type()&fs.ModeType == 0 && ruleset.IsRule(name) && name != files[0] {
			files = append(files, name)
		}
	}
	return files, nil
}

// lies tells whether a file is a folder, or lies in it.
func lies(file, folder string) bool {
	rest, err := filepath.Rel(folder, file)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}

// inside tells of a file whether it is one of paths or lies in one.
func inside(paths []string) func(file string) bool {
	return func(file string) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			if path == shippedRules {
				return lies(file, ruleset.ShippedPrefix)
			}
			return lies(file, filepath.Clean(path))
		})
	}
}

// rules are those that are meant.
func (s selected) rules() []*sigma.Rule {
	var rules []*sigma.Rule
	for _, r := range s.Collection.Rules {
		if s.only(r.Place.File) {
			rules = append(rules, r)
		}
	}
	return rules
}
