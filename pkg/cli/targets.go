package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// targetFlags are how a command line names a target: as text, or criterion by
// criterion so that no "&" has to be quoted.
type targetFlags struct{ matches *[]string }

func addTargetFlags(c *cobra.Command) targetFlags {
	return targetFlags{c.Flags().StringArray("match", nil,
		"SCOPE=VALUE that a request has to meet, in place of \"SCOPE:VALUE & …\" in TARGET or besides it. May be given again.")}
}

// optional lets TARGET be left out where --match stands in for it.
func (f targetFlags) optional(c *cobra.Command, args []string) error {
	if len(args) == 0 && len(*f.matches) > 0 {
		return nil
	}
	return command.Exactly(1)(c, args)
}

// criteria reads what the command line names.
func (f targetFlags) criteria(args []string) (wire.Criteria, error) {
	var list wire.Criteria
	if len(args) > 0 {
		parsed, err := wire.ParseCriteria(args[0])
		if err != nil {
			return nil, command.Usage(fmt.Errorf("%w (scopes: %s)", err, scopeNames()))
		}
		list = parsed
	}
	for _, m := range *f.matches {
		name, value, ok := strings.Cut(m, "=")
		scope, err := block.ParseScope(strings.TrimSpace(name))
		if !ok || err != nil || value == "" {
			return nil, command.Usage(fmt.Errorf("--match %s=…: want SCOPE=VALUE with one of the scopes %s", name, scopeNames()))
		}
		list = append(list, block.Criterion{Scope: scope, Value: value})
	}
	if len(list) == 0 {
		return nil, command.Usage(errors.New("want a target"))
	}
	return list, nil
}

func scopeNames() string {
	var names []string
	for _, s := range block.Scopes() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
