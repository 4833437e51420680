package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// logFlags tell how a log is read that no source has: by flags, or as a source
// of the configuration would be.
type logFlags struct {
	format, pattern, zone, source string
}

func addLogFlags(c *cobra.Command) *logFlags {
	l, flags := &logFlags{}, c.Flags()
	flags.StringVar(&l.format, "format", accesslog.Auto, "auto, or the id of a format; formats list names them.")
	flags.StringVar(&l.pattern, "pattern", "", "For formats with a pattern: the directive as the gateway has it.")
	flags.StringVar(&l.zone, "time-zone", "", "Zone of times that name none, such as Europe/Berlin.")
	flags.StringVar(&l.source, "source", "", "Read it as this source of the configuration: its format, pattern, fields, time zone and client header.")
	return l
}

// options gives how to parse, and what kind of log it is if a source says so.
func (l *logFlags) options(given *pflag.FlagSet, cfg config.Service) (accesslog.Options, event.Kind, error) {
	trusted := block.NewAllowlist(cfg.Network.TrustedHops.Prefixes()).Contains
	if l.source == "" {
		zone, err := zoneOf(l.zone)
		return accesslog.Options{Format: l.format, Pattern: l.pattern, Zone: zone, Trusted: trusted}, event.Access, err
	}
	for _, own := range []string{"format", "pattern", "time-zone", "kind"} {
		if given.Changed(own) {
			return accesslog.Options{}, 0, command.Usage(fmt.Errorf("--source tells --%s already: give one of them", own))
		}
	}
	i := slices.IndexFunc(cfg.Sources, func(s config.Source) bool { return s.Name == l.source })
	if i < 0 {
		return accesslog.Options{}, 0, command.Usage(fmt.Errorf("--source: the configuration has no source %q", l.source))
	}
	source, err := shipping.Parsing(cfg.Sources[i], trusted)
	return source.Log, source.Kind, command.Usage(err)
}

// mistaken is the error of options that no parser can be made of.
func (l *logFlags) mistaken(err error) error {
	if l.source != "" {
		return command.Usage(fmt.Errorf("--source %s: %w", l.source, err))
	}
	return command.Usage(fmt.Errorf("--format: %w", err))
}
