package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

func formatsCommand() *cobra.Command {
	parent := command.Group("formats", "Find out how a log is read.")
	parent.AddCommand(formatsListCommand(), formatsDetectCommand())
	return parent
}

func formatsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the formats that can be read.",
		Args:  command.Exactly(0),
		Run: func(c *cobra.Command, _ []string) {
			t := newTable(c.OutOrStdout(), "format", "written by", "auto", "needs")
			for _, f := range accesslog.Formats() {
				t.AppendRow(table.Row{f.ID, text.WrapSoft(f.About, 80), yes(f.Guessed), needs(f)})
			}
			t.Render()
		},
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func needs(f accesslog.Format) string {
	switch {
	case f.Pattern && f.Guessed:
		return "pattern, if it is not the default"
	case f.Pattern:
		return "pattern"
	case f.Fields:
		return "fields, if they are not the default"
	}
	return ""
}

// sampleBytes is how much of a log formats are judged by.
const sampleBytes = 1 << 20

func formatsDetectCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "detect FILE",
		Short: "Tell which format reads this log (plain, gzip or zstd; - is standard input), how sure that is, and what each field came out as.",
		Args:  command.Exactly(1),
	}
	file := configFlag(c)
	flags := addLogFlags(c)
	asJSON := c.Flags().Bool("json", false, "Print what was found out as JSON.")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := readConfig(*file)
		if err != nil {
			return err
		}
		log, _, err := flags.options(c.Flags(), cfg)
		if err != nil {
			return err
		}
		sample, whole, err := readSample(args[0], c.InOrStdin())
		if err != nil {
			return err
		}
		d, err := examine(sample, log)
		if err != nil {
			return flags.mistaken(err)
		}
		d.Whole = whole
		if *asJSON {
			enc := json.NewEncoder(c.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(d)
		}
		d.print(c.OutOrStdout())
		return nil
	}
	return c
}

// readSample gives the whole lines at the beginning of a log, or its only one,
// and whether that is all of it. Of a compressed log that is cut it takes what
// can be unpacked.
func readSample(path string, stdin io.Reader) (sample []byte, whole bool, err error) {
	in, err := openLog(path, stdin)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = in.Close() }() // read only
	sample = make([]byte, sampleBytes)
	n, err := io.ReadFull(in, sample)
	switch {
	case err == nil: // there may be more, and then the last line is cut
		if end := bytes.LastIndexByte(sample, '\n'); end >= 0 {
			return sample[:end+1], false, nil
		}
		return append(sample, '\n'), false, nil
	case n == 0 && !errors.Is(err, io.EOF), !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	if n > 0 && sample[n-1] != '\n' {
		return append(sample[:n], '\n'), true, nil
	}
	return sample[:n], true, nil
}

func openLog(path string, stdin io.Reader) (io.ReadCloser, error) {
	if path == standardInput {
		return tailer.Finished(stdin, nil)
	}
	return tailer.OpenFinished(path, nil)
}

// detected is what was found out about a log.
type detected struct {
	Format   string           `json:"format"` // in which it was read; empty = none fits
	Guesses  []guess          `json:"guesses"`
	Whole    bool             `json:"whole"`   // the whole log was looked at, not its beginning only
	Records  int              `json:"records"` // looked at
	Rejected map[string]int64 `json:"rejected"`
	Skipped  int              `json:"skipped"` // hold no request
	Fields   []field          `json:"fields"`
	Quality  map[string]int64 `json:"quality"`
}

type guess struct {
	Format     string  `json:"format"`
	Confidence float64 `json:"confidence"`
	Parsed     int     `json:"parsed"`
	Sampled    int     `json:"sampled"`
}

type field struct {
	Name  string  `json:"name"`
	First string  `json:"first"` // the first value that is known
	Known float64 `json:"known"` // share of the records that have one
}

// examine reads a sample in the format that log names, or in the best one.
func examine(sample []byte, log accesslog.Options) (detected, error) {
	d := detected{Guesses: []guess{}, Rejected: map[string]int64{}, Fields: []field{}, Quality: map[string]int64{}}
	for _, g := range accesslog.Detect(sample, log) {
		d.Guesses = append(d.Guesses, guess{g.Format, g.Confidence, g.Parsed, g.Sampled})
	}
	log.MaxRows = sampleBytes
	r, err := accesslog.NewReader(log)
	if err != nil {
		return d, err
	}
	b := event.Batch{Header: event.Header{Received: time.Now().UnixNano()}}
	end := r.ReadChunk(sample, event.Position{Line: 1}, &b)
	if int(end.Offset) < len(sample) { // the last record of a format with several lines each
		r.ReadLast(sample[end.Offset:], end, &b)
	}
	d.Records, d.Skipped = b.Rows()+len(b.Rejected), b.Skipped
	if b.Rows() > 0 {
		d.Format = b.Format
	}
	for i := range b.Rejected {
		d.Rejected[b.Rejected[i].Reason]++
	}
	d.read(&b)
	return d, nil
}

// read tells what each field came out as.
func (d *detected) read(b *event.Batch) {
	for _, f := range event.NumberFields() {
		switch f {
		case event.Offset, event.Line, event.Length, event.Quality:
		default:
			d.field(f.String(), b.Rows(), func(row int) string { return f.Text(b.Number(f, row)) })
		}
	}
	for _, f := range event.AddrFields() {
		d.field(f.String(), b.Rows(), func(row int) string {
			if a := b.Addr(f, row); a.IsValid() {
				return a.String()
			}
			return ""
		})
	}
	for _, f := range event.TextFields() {
		d.field(f.String(), b.Rows(), func(row int) string { return string(b.Text(f, row)) })
	}
	for row := range b.Rows() {
		for _, name := range b.Flags(row).Names() {
			d.Quality[name]++
		}
	}
}

func (d *detected) field(name string, rows int, value func(row int) string) {
	f, known := field{Name: name}, 0
	for row := range rows {
		v := value(row)
		if v == "" {
			continue
		}
		if known++; known == 1 {
			f.First = v
		}
	}
	if known > 0 {
		f.Known = float64(known) / float64(rows)
		d.Fields = append(d.Fields, f)
	}
}

func (d *detected) knows(name string) bool {
	return slices.ContainsFunc(d.Fields, func(f field) bool { return f.Name == name })
}

func (d *detected) print(w io.Writer) {
	if d.Records == 0 && d.Skipped == 0 {
		fmt.Fprintln(w, "There is no whole record in it.")
		return
	}
	if len(d.Guesses) == 0 && d.Format == "" {
		fmt.Fprintln(w, "No known format reads this. `honeymoat formats list` names those that need a pattern or a mapping of fields.")
		return
	}
	t := newTable(w, "format", "confidence", "read")
	for _, g := range d.Guesses {
		t.AppendRow(table.Row{g.Format, percent(g.Confidence), fmt.Sprintf("%d of %d", g.Parsed, g.Sampled)})
	}
	t.Render()
	fmt.Fprintf(w, "\nRead as %s: %s", d.Format, count(d.Records, "record"))
	if !d.Whole {
		fmt.Fprintf(w, " in the first MiB")
	}
	if len(d.Rejected) > 0 {
		fmt.Fprintf(w, "; not read: %s", counts(d.Rejected))
	}
	if d.Skipped > 0 {
		fmt.Fprintf(w, "; %d without a request", d.Skipped)
	}
	fmt.Fprint(w, "\n\n")
	t = newTable(w, "field", "first value", "known in")
	for _, f := range d.Fields {
		t.AppendRow(table.Row{f.Name, text.Trim(strings.ToValidUTF8(f.First, "?"), 90), percent(f.Known)})
	}
	t.Render()
	if len(d.Quality) > 0 {
		fmt.Fprintf(w, "\nQuality: %s\n", counts(d.Quality))
	}
	if d.Format != "" && !d.knows(event.ClientAddress.String()) {
		fmt.Fprintln(w, "\nNo client address: nobody is blamed for these lines. Have the gateway log its peer, or see \"Whose address it is\" in deploy/LOGS.md.")
	}
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
