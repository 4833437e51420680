package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/replay"
	"github.com/honeymoat/honeymoat/pkg/app/service"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

func replayCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Read finished logs (plain, gzip or zstd; - is standard input) and tell what was found and who would have been blocked.",
		Args:  command.AtLeast(1),
	}
	file := configFlag(c)
	flags := addLogFlags(c)
	kind := c.Flags().String("kind", "access", "access, or decoy for a decoy responder's log.")
	findings := c.Flags().String("findings", "", "Write each finding as a JSON object on a line of this file; - is standard output.")
	asJSON := c.Flags().Bool("json", false, "Print the summary as JSON.")
	judges := addJudgeFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		opts, err := replayOptions(cfg)
		if err != nil {
			return command.Usage(err)
		}
		if err := judges.apply(c, cfg, &opts); err != nil {
			return command.Usage(err)
		}
		opts.Files, opts.Input = args, c.InOrStdin()
		if first := slices.Index(args, standardInput); first >= 0 && slices.Contains(args[first+1:], standardInput) {
			return command.Usage(errors.New("standard input (-) can be read once"))
		}
		if opts.Log, opts.Kind, err = flags.options(c.Flags(), cfg); err != nil {
			return err
		}
		if c.Flags().Changed("kind") {
			if opts.Kind, err = kindOf(*kind); err != nil {
				return err
			}
		}
		if _, err := accesslog.NewReader(opts.Log); err != nil {
			return flags.mistaken(err)
		}
		return runReplay(c, opts, *findings, *asJSON)
	}
	return c
}

func replayOptions(cfg config.Service) (replay.Options, error) {
	catalogue, err := service.Catalogue(cfg.Decoys)
	if err != nil {
		return replay.Options{}, err
	}
	guard, err := service.GuardOptions(cfg.Network)
	if err != nil {
		return replay.Options{}, err
	}
	// Without keys: nothing is stored under a hash here.
	masker, err := shipping.NewMasker(cfg.Privacy, privacy.Keyring{})
	if err != nil {
		return replay.Options{}, err
	}
	ledger := service.LedgerOptions(cfg.Blocks)
	ledger.Internal = cfg.Network.Internal.Prefixes()
	if ledger.Policy, err = config.Policy(cfg.Evidence, cfg.Tiers); err != nil {
		return replay.Options{}, err
	}
	return replay.Options{Mask: masker.Finding, Catalogue: catalogue, Internal: ledger.Internal, Guard: guard, Ledger: ledger}, nil
}

// zoneOf reads --time-zone.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, command.Usage(fmt.Errorf("--time-zone: %w", err))
	}
	return zone, nil
}

func kindOf(name string) (event.Kind, error) {
	for _, k := range []event.Kind{event.Access, event.Decoy} {
		if k.String() == name {
			return k, nil
		}
	}
	return 0, command.Usage(fmt.Errorf("--kind %q: want access or decoy", name))
}

func runReplay(c *cobra.Command, opts replay.Options, findings string, asJSON bool) error {
	out, closeOut, err := findingsWriter(c, findings)
	if err != nil {
		return err
	}
	opts.Findings = out
	bar := progress(c.ErrOrStderr(), opts.Files)
	if bar != nil {
		opts.Progress = func(n int) { _ = bar.Add(n) }
	}
	sum, err := replay.Run(c.Context(), opts)
	if bar != nil {
		_ = bar.Clear()
	}
	if err = errors.Join(err, closeOut()); err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(sum)
	}
	printSummary(c.OutOrStdout(), sum, &opts)
	return nil
}

func findingsWriter(c *cobra.Command, name string) (io.Writer, func() error, error) {
	switch name {
	case "":
		return nil, func() error { return nil }, nil
	case "-":
		w := bufio.NewWriter(c.OutOrStdout())
		return w, w.Flush, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, fmt.Errorf("--findings: %w", err)
	}
	w := bufio.NewWriter(f)
	return w, func() error { return errors.Join(w.Flush(), f.Close()) }, nil
}

// progress is a bar over the bytes of all files, or nil when nobody watches.
func progress(w io.Writer, files []string) *progressbar.ProgressBar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	total := int64(0)
	for _, name := range files {
		if name == standardInput {
			total = -1 // nobody knows
			break
		}
		if info, err := os.Stat(name); err == nil {
			total += info.Size()
		}
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

// most is how many rows a table for people has.
const most = 20

func printSummary(w io.Writer, s replay.Summary, o *replay.Options) {
	fmt.Fprintf(w, "%s in %.2f s (%.0f lines/s)", count(s.Lines, "line"), s.Seconds, s.LinesPerSecond)
	if formats := distinct(s.Formats); len(formats) > 0 {
		fmt.Fprintf(w, ", format %s", strings.Join(formats, ", "))
	}
	if s.Quarantined > 0 {
		fmt.Fprintf(w, "; %d could not be read: %s", s.Quarantined, counts(s.Reasons))
	}
	fmt.Fprintln(w)
	if s.Lines > 0 && s.Quarantined == s.Lines {
		fmt.Fprintln(w, "No line could be read: is this an access log? See --format and --kind.")
		return
	}
	if s.Findings == 0 {
		fmt.Fprintf(w, "Nothing was found, by %s.\n", judgedBy(o))
		return
	}
	fmt.Fprintf(w, "%s; %s.\n", count(s.Findings, "finding"), wouldBlock(s.WouldBlock))
	if s.InShadow > 0 {
		fmt.Fprintf(w, "%s more in shadow: recorded, and nobody is refused.\n", count(s.InShadow, "block"))
	}
	fmt.Fprintln(w)
	rules := newTable(w, "title", "findings", "rule")
	for _, rule := range byCount(s.Rules) {
		rules.AppendRow(table.Row{text.WrapSoft(s.Titles[rule], 60), s.Rules[rule], rule})
	}
	rules.Render()
	if len(s.Anomalies) > 0 {
		fmt.Fprintln(w)
		anomalyTable(w, s.Anomalies)
	}
	if len(s.WouldBlock) > 0 {
		fmt.Fprintln(w)
		blockedTable(w, s.WouldBlock)
	}
}

// anomalyTable tells what was not as expected: when, where, how rare it is and
// what carries it. Times are the log's, in UTC, as in its reasons.
func anomalyTable(w io.Writer, list []replay.Anomaly) {
	t := newTable(w, "since (UTC)", "until", "what was not as expected")
	for _, a := range list[:min(most, len(list))] {
		until := "–"
		if !a.Until.IsZero() {
			until = a.Until.UTC().Format(time.DateTime)
		}
		t.AppendRow(table.Row{a.Since.UTC().Format(time.DateTime), until, text.WrapSoft(whole(a.Title, a.Reason), 90)})
	}
	t.Render()
	printRest(w, len(list), "--json lists all")
}

// wouldBlock counts blocks, and those whom they are about.
func wouldBlock(blocked []replay.Blocked) string {
	clients := map[string]bool{}
	for _, b := range blocked {
		clients[b.Actor.Value] = true
	}
	switch len(blocked) {
	case 0:
		return "nobody would have been blocked"
	case len(clients):
		return count(len(clients), "client") + " would have been blocked"
	}
	return fmt.Sprintf("%d blocks of %s would have been made", len(blocked), count(len(clients), "client"))
}

// distinct lists the known formats once each; that of a file is not known which
// is empty or in none of them.
func distinct(formats []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(formats)))
	return slices.DeleteFunc(sorted, func(f string) bool { return f == "" || f == accesslog.Auto })
}

func blockedTable(w io.Writer, blocked []replay.Blocked) {
	t := newTable(w, "blocked", "after", "for", "tier", "at", "because")
	for _, b := range blocked[:min(most, len(blocked))] {
		t.AppendRow(table.Row{
			b.Actor.Value, count(b.AfterRequests, "request"), brief(time.Duration(b.Seconds) * time.Second), b.Tier,
			fmt.Sprintf("%s:%d", b.File, b.Line), text.WrapSoft(strings.Join(b.Reasons, "; "), 60),
		})
	}
	t.Render()
	printRest(w, len(blocked), "--json lists all")
}

// printRest tells how many rows a table for people has left out, and where
// they are.
func printRest(w io.Writer, rows int, where string) {
	if rest := rows - most; rest > 0 {
		fmt.Fprintf(w, "… and %d more; %s.\n", rest, where)
	}
}

// count is a number of things in words: "1 finding", "2 findings".
func count[N int | int64 | uint64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func newTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row(header))
	return t
}

func byCount(m map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return int(m[b] - m[a])
		}
		return strings.Compare(a, b)
	})
}

func counts(m map[string]int64) string {
	var parts []string
	for _, k := range byCount(m) {
		parts = append(parts, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(parts, ", ")
}
