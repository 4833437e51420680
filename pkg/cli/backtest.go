package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// backtestFlags tell over which history rules are held, and what is tried.
type backtestFlags struct {
	since, until string
	blockFor     time.Duration
	asJSON       bool
}

func rulesBacktestCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "backtest RULE",
		Short: "Hold a rule against the history in the store: how often it would have matched and whom, " +
			"who would have been blocked, and what that would have cost. RULE is a file, or the id, name or title of a loaded rule.",
		Args: command.Exactly(1),
	}
	r := remoteFlags(c)
	f := &backtestFlags{}
	c.Flags().StringVar(&f.since, "since", "7d", "From when on: an age such as 7d, 24h or 30m, a day such as 2026-01-02, or a time such as 2026-01-02T15:04:05Z.")
	c.Flags().StringVar(&f.until, "until", "", "Until when, written as --since. Default: now.")
	c.Flags().DurationVar(&f.blockFor, "block-for", 0, "As if the rule asked for a block of so long. Default: what it asks for.")
	jsonFlag(c, &f.asJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		req, err := f.request(args[0], time.Now())
		if err != nil {
			return command.Usage(err)
		}
		api, err := r.connect()
		if err != nil {
			return err
		}
		defer api.Close()
		bar := newRowBar(c.ErrOrStderr())
		result, err := api.Backtest(c.Context(), req, bar.progress)
		bar.clear()
		if err != nil {
			return inFile(err, args[0])
		}
		if f.asJSON {
			return printJSON(c.OutOrStdout(), result)
		}
		printBacktest(c.OutOrStdout(), result)
		return nil
	}
	return c
}

func (f *backtestFlags) request(rule string, now time.Time) (wire.BacktestRequest, error) {
	req := wire.BacktestRequest{BlockSeconds: int64(f.blockFor / time.Second)}
	var err error
	if req.Since, err = moment(f.since, now); err != nil {
		return req, fmt.Errorf("--since: %w", err)
	}
	if f.until != "" {
		if req.Until, err = moment(f.until, now); err != nil {
			return req, fmt.Errorf("--until: %w", err)
		}
	}
	switch {
	case !req.Until.IsZero() && !req.Since.Before(req.Until):
		return req, errors.New("--until is not after --since")
	case f.blockFor != 0 && f.blockFor < time.Second:
		return req, errors.New("--block-for: want at least a second")
	}
	text, err := os.ReadFile(rule)
	switch {
	case err == nil:
		req.YAML = string(text)
	case errors.Is(err, os.ErrNotExist) && !looksLikeFile(rule):
		req.Rule = rule
	default:
		return req, fmt.Errorf("rule: %w", err)
	}
	return req, nil
}

// sentRules is the service's name of rules that it was sent.
const sentRules = "yaml"

// inFile names the file in the mistakes that the service found in the text
// that it was sent.
func inFile(err error, file string) error {
	var problem *wire.Problem
	if !errors.As(err, &problem) {
		return err
	}
	named := *problem
	named.Invalid = slices.Clone(problem.Invalid)
	for i, invalid := range named.Invalid {
		place, reason, ok := strings.Cut(invalid.Reason, ": ")
		if rest, sent := strings.CutPrefix(place, sentRules); ok && sent && invalid.Name == sentRules {
			named.Invalid[i] = wire.Invalid{Name: file + rest, Reason: reason}
		}
	}
	return &named
}

// looksLikeFile tells a file that is missing from a rule's name.
func looksLikeFile(name string) bool {
	return strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")
}

// moment reads a time: an age, a day, or a time.
func moment(s string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n <= 100*365 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if age, err := time.ParseDuration(s); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: want an age such as 7d, 24h or 30m, a day such as 2026-01-02, or a time such as 2026-01-02T15:04:05Z", s)
}

// rowBar shows how many rows have been read, where somebody watches.
type rowBar struct {
	out io.Writer // nil: nobody does
	bar *progressbar.ProgressBar
}

func newRowBar(w io.Writer) *rowBar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return &rowBar{}
	}
	return &rowBar{out: w}
}

func (b *rowBar) progress(p wire.BacktestProgress) {
	if b.out == nil {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(p.Total, progressbar.OptionSetWriter(b.out), progressbar.OptionSetDescription("reading history"),
			progressbar.OptionSetItsString("events"), progressbar.OptionShowIts(), progressbar.OptionShowCount(),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	b.bar.ChangeMax64(p.Total)
	_ = b.bar.Set64(p.Rows)
}

func (b *rowBar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
