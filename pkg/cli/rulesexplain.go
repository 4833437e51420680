package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/ruletest"
	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// explainFlags tell what is explained, and by which rules.
type explainFlags struct {
	remote remote
	paths  []string
	rules  []string
	event  string
	log    *logFlags
	asJSON bool
	lists  bool // decoys and threat feeds are looked at too
}

func rulesExplainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "explain [LINE…]",
		Short: "Tell how a log line is read, field by field, and which rules match it and why; - reads lines from standard input. " +
			"By the rules in force, unless --rules names others.",
	}
	f := &explainFlags{remote: remoteFlags(c), log: addLogFlags(c)}
	flags := c.Flags()
	flags.StringSliceVar(&f.paths, "rules", nil, "Files and folders with rules, in place of those in force; "+shippedRules+" are those that come with honeymoat.")
	flags.StringArrayVar(&f.rules, "rule", nil, "Explain this rule or correlation, whether it comes near or not: its id, name or title. May be given again.")
	flags.StringVar(&f.event, "event", "", "Explain this stored event, by its id or that of a finding, in place of a line. It is as it was masked on its way into the store.")
	flags.BoolVar(&f.asJSON, "json", false, "Print a JSON object for each line.")
	c.RunE = func(c *cobra.Command, lines []string) error {
		if (len(lines) == 0) == (f.event == "") {
			return command.Usage(errors.New("want a log line (in quotes; - for standard input), or --event ID"))
		}
		explainer, err := f.explainer(c.ErrOrStderr())
		if err != nil {
			return err
		}
		if f.event != "" {
			return f.explainEvent(c, explainer)
		}
		return f.explainLines(c, explainer, lines)
	}
	return c
}

func (f *explainFlags) explainer(warn io.Writer) (*ruletest.Explainer, error) {
	rules := ruleFlags{config: f.remote.config, with: new([]string)}
	set, err := rules.inForce(f.paths)
	if err != nil {
		return nil, err
	}
	tellRefused(warn, set)
	explainer, err := ruletest.NewExplainer(set.Set, f.rules)
	if err != nil || len(f.paths) > 0 || len(f.rules) > 0 { // what is named is explained, and nothing else
		return explainer, command.Usage(err)
	}
	cfg, err := readConfig(*f.remote.config)
	if err != nil {
		return nil, err
	}
	catalogue, err := service.Catalogue(cfg.Decoys)
	if err != nil {
		return nil, command.Usage(err)
	}
	explainer.Hold(ruletest.Lists{Catalogue: catalogue, Indicators: indicatorsOf(warn, cfg), Internal: cfg.Network.Internal.Prefixes()})
	f.lists = true
	return explainer, nil
}

func (f *explainFlags) explainLines(c *cobra.Command, explainer *ruletest.Explainer, lines []string) error {
	cfg, err := readConfig(*f.remote.config)
	if err != nil {
		return err
	}
	var log ruletest.Log
	if log.Parse, log.Header.Kind, err = f.log.options(c.Flags(), cfg); err != nil {
		return err
	}
	if _, err := accesslog.NewReader(log.Parse); err != nil {
		return f.log.mistaken(err)
	}
	one := func(line string) error {
		x, err := explainer.Line(&log, line)
		if err != nil {
			return err
		}
		return f.tell(c.OutOrStdout(), x)
	}
	for _, line := range lines {
		if line == standardInput {
			err = eachLine(c.InOrStdin(), one)
		} else {
			err = one(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachLine calls f for the lines of a stream, without the empty ones.
func eachLine(in io.Reader, f func(string) error) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			if err := f(line); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("standard input: %w", err)
		}
	}
}

func (f *explainFlags) explainEvent(c *cobra.Command, explainer *ruletest.Explainer) error {
	if _, _, err := event.ParseRecordID(f.event); err != nil && !findingID.MatchString(f.event) {
		return command.Usage(err)
	}
	api, err := f.remote.connect()
	if err != nil {
		return err
	}
	defer api.Close()
	id := f.event
	if findingID.MatchString(id) {
		found, err := api.Finding(c.Context(), id)
		if err != nil {
			return err
		}
		if id, err = recordOf(found); err != nil {
			return err
		}
	}
	e, err := api.Event(c.Context(), id)
	if err != nil {
		return err
	}
	b, err := batchOf(e)
	if err != nil {
		return err
	}
	return f.tell(c.OutOrStdout(), explainer.Row(b, 0))
}

func (f *explainFlags) tell(w io.Writer, x ruletest.Explained) error {
	if f.asJSON {
		return printJSON(w, x)
	}
	printExplained(w, x)
	if f.lists && x.Unread == "" {
		printKnown(w, x.Known)
	}
	return nil
}

// printKnown tells of decoys and threat feeds.
func printKnown(w io.Writer, list []ruletest.Known) {
	if len(list) == 0 {
		fmt.Fprint(w, "It touches no decoy, and no threat feed lists its client.\n\n")
		return
	}
	for _, l := range list {
		fmt.Fprintf(w, "%s %s (%s)\n    family %s, tier %s%s\n    %s\n\n", ruletest.Mark(true), l.Title, l.Rule, l.Family, l.Tier, asksFor(l), ruletest.Printable(l.Reason))
	}
}

func asksFor(l ruletest.Known) string {
	switch {
	case l.LifetimeSeconds == 0:
		return ", asks for no block"
	case l.Shadow:
		return ", asks for a block in shadow"
	}
	return ", asks for a block of " + brief(time.Duration(l.LifetimeSeconds)*time.Second)
}

func printExplained(w io.Writer, x ruletest.Explained) {
	if x.Unread != "" {
		fmt.Fprintf(w, "%s\n%s. `honeymoat formats detect` tells which format reads a log.\n\n", ruletest.Printable(x.Line), upperFirst(x.Unread))
		return
	}
	if x.Format != "" {
		fmt.Fprintf(w, "Read as %s:\n", x.Format)
	}
	for _, s := range x.Fields {
		fmt.Fprintf(w, "  %-17s %s\n", s.Field, ruletest.Printable(s.Value))
		for _, form := range s.Decoded {
			fmt.Fprintf(w, "  %-17s %s\n", "    decoded", ruletest.Printable(form))
		}
		if len(s.Attacks) > 0 {
			fmt.Fprintf(w, "  %-17s %s\n", "    attack", strings.Join(s.Attacks, ", "))
		}
	}
	fmt.Fprintln(w)
	printVerdicts(w, x)
}

func printVerdicts(w io.Writer, x ruletest.Explained) {
	fmt.Fprintf(w, "%s of %d that apply to our logs.\n", matchText(x.Matched), x.Looked)
	for i, v := range x.Rules {
		if i == x.Matched && !v.Asked {
			fmt.Fprintf(w, "\n%s near: a part of it holds.\n", comes(x.Near))
		}
		fmt.Fprintln(w)
		printVerdict(w, v)
	}
	if rest := x.Near - (len(x.Rules) - x.Matched); x.Near > 0 && rest > 0 {
		fmt.Fprintf(w, "\n… and %d more come near; --rule explains one.\n", rest)
	}
	fmt.Fprintln(w)
}

func matchText(n int) string {
	switch n {
	case 0:
		return "No rule matches"
	case 1:
		return "1 rule matches"
	}
	return fmt.Sprintf("%d rules match", n)
}

func comes(n int) string {
	if n == 1 {
		return "1 rule comes"
	}
	return fmt.Sprintf("%d rules come", n)
}

func printVerdict(w io.Writer, v ruletest.Verdict) {
	mark := ruletest.Mark(v.Held)
	if v.Explanation == nil {
		mark = "·"
	}
	fmt.Fprintf(w, "%s %s (%s, %s:%d)\n", mark, v.Title, v.Key, v.File, v.Line)
	fmt.Fprintf(w, "    %s\n", weight(v))
	if v.Note != "" {
		fmt.Fprintf(w, "    %s\n", v.Note)
	}
	for _, c := range v.CountedBy {
		fmt.Fprintf(w, "    counted by the correlation %q, which one line does not complete\n", c.Title)
	}
	if v.Explanation != nil && (!v.Silent || v.Asked || !v.Held) {
		ruletest.WriteTree(w, v.Explanation, "    ")
	}
}

// weight is what becomes of a match.
func weight(v ruletest.Verdict) string {
	if v.Silent {
		return "silent: only correlations build on it"
	}
	parts := []string{"family " + string(v.Family), "tier " + v.Tier.String()}
	if v.Level != "" {
		parts = append([]string{"level " + v.Level}, parts...)
	}
	if v.Block != nil {
		how := v.Block.Mode
		if v.Block.What != "" {
			how += ", " + v.Block.What
		}
		parts = append(parts, fmt.Sprintf("asks for a block of %s (%s)", brief(time.Duration(v.Block.LifetimeSeconds)*time.Second), how))
	}
	return strings.Join(parts, ", ")
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
