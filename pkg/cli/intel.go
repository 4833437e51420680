package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/indicator"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

func intelCommand() *cobra.Command {
	parent := command.Group("intel", "See what threat feeds say, and how they do.")
	parent.AddCommand(intelCheckCommand(), intelListCommand(), intelRefusedCommand(), intelAcceptCommand())
	return parent
}

func intelListCommand() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "List the threat feeds that this host keeps, and how they do.", Args: command.Exactly(0)}
	config := configFlag(c)
	asJSON := false
	jsonFlag(c, &asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := readConfig(*config)
		if err != nil {
			return err
		}
		states, err := intel.ReadStates(service.DataDir(cfg.DataDir).IntelDir())
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(c.OutOrStdout(), states)
		}
		printFeeds(c.OutOrStdout(), states)
		return nil
	}
	return c
}

func printFeeds(w io.Writer, states []intel.State) {
	if len(states) == 0 {
		fmt.Fprintln(w, "No threat feed was fetched here yet: configure some under intel.feeds.")
		return
	}
	t := newTable(w, "feed", "indicators", "refused", "said so last", "problem")
	for i := range states {
		s := &states[i]
		seen := "never"
		if !s.Seen.IsZero() {
			seen = clock(s.Seen)
		}
		t.AppendRow(table.Row{s.Feed, s.Taken, s.Refused, seen, text.WrapSoft(problemOf(s), 60)})
	}
	t.Render()
}

func problemOf(s *intel.State) string {
	if s.Held != nil {
		return fmt.Sprintf("held since %s: %s; if that is right: honeymoat intel accept %s", clock(s.Held.Since), s.Held.Reason, s.Feed)
	}
	return s.Problem
}

func intelAcceptCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "accept FEED",
		Short: "Put in force what is held of a threat feed because it lost too much, or is about too many. A running service does so within seconds.",
		Args:  command.Exactly(1),
	}
	config := configFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*config)
		if err != nil {
			return err
		}
		held, err := intel.Accept(service.DataDir(cfg.DataDir).IntelDir(), args[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "accepted, with %s\n", count(held.Taken, "indicator"))
		return nil
	}
	return c
}

// feedFlags say how a file is read as a feed.
type feedFlags struct {
	config, feed, format, kind, separator *string
	columns                               *map[string]string
	header                                *bool
}

func intelCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Read a threat feed from a file (plain, gzip or zstd), and tell what would be taken of it and what not.",
		Args:  command.Exactly(1),
	}
	f := feedFlags{
		config: configFlag(c),
		feed:   c.Flags().String("feed", "", "Read it as this feed of the configuration; the other flags do not count then."),
		format: c.Flags().String("format", indicator.Auto, strings.Join(indicator.Formats(), ", ")+"."),
		kind:   c.Flags().String("kind", indicator.AnyKind.String(), "What a plain list or a table holds: address, domain, url, user_agent, user_agent_pattern, fingerprint, or any."),
		columns: c.Flags().StringToString("columns", nil, "With --format csv: where a table has what, such as value=ip,confidence=3. Also "+
			strings.Join(indicator.ColumnRoles()[1:], ", ")+"."),
		header:    c.Flags().Bool("header", false, "With numbered columns: the first row is a header."),
		separator: c.Flags().String("separator", ",", "The character between columns, or tab."),
	}
	most := c.Flags().Int("show", 10, "Indicators and mistakes to show of each.")
	c.RunE = func(c *cobra.Command, args []string) error {
		feed, err := f.options()
		if err != nil {
			return command.Usage(err)
		}
		data, err := intel.ReadFile(args[0], feed.MaxBytes)
		if err != nil {
			return command.Usage(err)
		}
		feed.Read.File, feed.Read.Seen = args[0], time.Now()
		list, report := indicator.Parse(feed.Read, data)
		printChecked(c.OutOrStdout(), list, &report, max(*most, 0))
		if report.Broken != nil {
			return command.Usage(fmt.Errorf("%s: %w", args[0], report.Broken))
		}
		return nil
	}
	return c
}

// options are those of the flags, or of a configured feed.
func (f *feedFlags) options() (intel.Feed, error) {
	cfg, err := readConfig(*f.config)
	if err != nil {
		return intel.Feed{}, err
	}
	own := service.OwnNetworks(cfg.Network)
	if *f.feed != "" {
		feeds := service.Feeds(cfg.Intel)
		i := slices.IndexFunc(feeds, func(one intel.Feed) bool { return one.Name == *f.feed })
		if i < 0 {
			return intel.Feed{}, fmt.Errorf("--feed %s: the configuration has no such feed", *f.feed)
		}
		feeds[i].Read.Own = own
		if feeds[i].Read.Format == intel.TAXII {
			feeds[i].Read.Format = indicator.STIX
		}
		return feeds[i], nil
	}
	kind, err := indicator.ParseKind(*f.kind)
	if err != nil {
		return intel.Feed{}, fmt.Errorf("--kind: %w", err)
	}
	separator := strings.ReplaceAll(*f.separator, "tab", "\t")
	if len(separator) != 1 {
		return intel.Feed{}, fmt.Errorf("--separator %q: want one character, or tab", *f.separator)
	}
	const most = 1 << 30
	return intel.Feed{MaxBytes: most, Read: indicator.Options{
		Feed: "check", Format: *f.format, Kind: kind, Confidence: 50, Own: own,
		Table: indicator.Table{Columns: *f.columns, Header: *f.header, Separator: separator[0]},
	}}, nil
}

func printChecked(w io.Writer, list *indicator.List, r *indicator.Report, most int) {
	fmt.Fprintf(w, "Read as %s: %s", r.Format, count(r.Taken, "indicator"))
	var kinds []string
	for _, k := range indicator.Kinds() {
		if n := list.Count(k); n > 0 {
			kinds = append(kinds, fmt.Sprintf("%d %s", n, k))
		}
	}
	if len(kinds) > 0 {
		fmt.Fprintf(w, " (%s)", strings.Join(kinds, ", "))
	}
	fmt.Fprintf(w, ", %d repeated, %d refused\n", r.Repeated, r.Refused)
	for _, reason := range slices.Sorted(maps.Keys(r.LeftOut)) {
		fmt.Fprintf(w, "left out: %d %s\n", r.LeftOut[reason], reason)
	}
	for i := range min(most, len(r.Mistakes)) {
		fmt.Fprintln(w, "refused:", r.Mistakes[i].Error())
	}
	printIndicators(w, list, most)
}

func printIndicators(w io.Writer, list *indicator.List, most int) {
	if list.Len() == 0 || most == 0 {
		return
	}
	t := newTable(w, "kind", "value", "confidence", "labels", "until")
	for i := range min(most, list.Len()) {
		e := list.At(i)
		value, until := e.Value, ""
		if e.Subdomains {
			value += " and below"
		}
		if !e.Until.IsZero() {
			until = clock(e.Until)
		}
		t.AppendRow(table.Row{e.Kind, text.Trim(value, 70), e.Confidence, text.Trim(strings.Join(e.Labels, ", "), 40), until})
	}
	t.Render()
	if rest := list.Len() - most; rest > 0 {
		fmt.Fprintf(w, "and %d more\n", rest)
	}
}
