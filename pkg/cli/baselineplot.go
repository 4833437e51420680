package cli

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/metric"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// Bounds of a drawing's sides, in pixels.
const leastPixels, mostPixels = 200, 20000

func baselinePlotCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plot FILE",
		Short: "Draw any metric (CSV, as for score) with what was expected, what is ordinary, and what is not, as SVG or PNG.",
		Example: "  honeymoat baseline plot cpu.csv                  # writes cpu.svg into this directory\n" +
			"  honeymoat baseline plot cpu.csv -o cpu.png --width 1600 --height 500",
		Args: command.Exactly(1),
	}
	columns := addMetricFlags(c)
	to := c.Flags().StringP("output", "o", "", "File to write, .svg or .png; - is SVG on standard output. Default: the name of FILE with .svg, in the current directory.")
	width := c.Flags().Int("width", 1400, "Width in pixels.")
	height := c.Flags().Int("height", 480, "Height in pixels.")
	c.RunE = func(c *cobra.Command, args []string) error {
		if least, most := min(*width, *height), max(*width, *height); least < leastPixels || most > mostPixels {
			return command.Usage(fmt.Errorf("--width and --height: want %d to %d pixels", leastPixels, mostPixels))
		}
		name, format, err := drawingOf(args[0], *to)
		if err != nil {
			return command.Usage(err)
		}
		d := drawing{title: titleOf(args[0], columns.value), width: *width, height: *height}
		if err := columns.judge(c, args[0], nil, d.add); err != nil {
			return err
		}
		if err := d.write(c, name, format); err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "%s: %s, anomalies: %d\n", name, count(len(d.samples), "row"), d.begun)
		return nil
	}
	return c
}

// drawingOf gives the name of the file to write, and its format.
func drawingOf(input, wanted string) (name, format string, err error) {
	if wanted == standardOutput {
		return wanted, formatSVG, nil
	}
	if wanted == "" {
		if input == standardInput {
			return "", "", errors.New("a name is needed for what is drawn of standard input: -o FILE.svg")
		}
		base := filepath.Base(input)
		for _, packed := range []string{".gz", ".zst"} {
			base = strings.TrimSuffix(base, packed)
		}
		return strings.TrimSuffix(base, filepath.Ext(base)) + "." + formatSVG, formatSVG, nil
	}
	switch format = strings.ToLower(strings.TrimPrefix(filepath.Ext(wanted), ".")); format {
	case formatSVG, formatPNG:
		return wanted, format, nil
	}
	return "", "", fmt.Errorf("--output %s: want a name that ends with .svg or .png", wanted)
}

func titleOf(input, column string) string {
	if input == standardInput {
		return column
	}
	return filepath.Base(input) + ": " + column
}

// add keeps a row to draw it.
func (d *drawing) add(row *metric.Row, v *baseline.Verdict) error {
	s := sample{at: float64(row.Time) / 1e9, value: row.Value, expected: v.Expected, lower: v.Lower, upper: v.Upper}
	if !v.Learning && !row.Missing() {
		s.begins, s.lasts = v.Anomalous, v.Shape != ""
	}
	if s.begins {
		d.begun++
	}
	d.samples = append(d.samples, s)
	return nil
}

// write draws into a file.
func (d *drawing) write(c *cobra.Command, name, format string) (err error) {
	out, err := createOutput(c, name)
	if err != nil {
		return err
	}
	defer out.close(&err)
	w := bufio.NewWriter(out)
	if err := d.draw(w, format); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	return w.Flush()
}
