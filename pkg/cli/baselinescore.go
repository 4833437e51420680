package cli

import (
	"bufio"
	"bytes"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/metric"
	"github.com/honeymoat/honeymoat/pkg/command"
)

func baselineScoreCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "score FILE",
		Short: "Read any metric as CSV (plain, gzip or zstd; - is standard input) and write how unusual each row is, by those before it.",
		Long: `Read any metric as CSV and write, for each row of it, what was expected there and how unusual the value is:

  timestamp,value,expected,lower,upper,score,anomalous

Timestamp and value are as they were written, one row for each, in the same order. Lower and upper bound what is ordinary. The score is 1 - the probability of something as unusual, from 0 to 1; anomalous is true where something begins that is worth telling. Each row is judged by those before it alone. While too little was seen the score is 0 and the bounds are empty, as they are where a value is missing.

Columns are found by their names in the first line, and may be divided by commas, semicolons, tabs or bars. Rows are read in the order in which they stand: a time that comes twice is another value of that time, one that lies before the last is judged where it stands.`,
		Example: "  honeymoat baseline score cpu.csv -o scores.csv\n  honeymoat baseline score --time-column TimeStamp --value-column Value - < latency.csv",
		Args:    command.Exactly(1),
	}
	columns := addMetricFlags(c)
	to := c.Flags().StringP("output", "o", standardOutput, "File to write; - is standard output.")
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		out, err := createOutput(c, *to)
		if err != nil {
			return err
		}
		defer out.close(&err)
		w := scoreWriter{out: bufio.NewWriterSize(out, 1<<16)}
		if err := columns.judge(c, args[0], w.out.Flush, w.row); err != nil {
			return err
		}
		w.header()
		return w.out.Flush()
	}
	return c
}

// scoreWriter writes scored rows.
type scoreWriter struct {
	out   *bufio.Writer
	line  []byte
	begun bool
}

// header names the columns, unless that is done: an input that turns out to be
// no metric has no scores, and no header of scores.
func (w *scoreWriter) header() {
	if w.begun {
		return
	}
	w.begun = true
	// A failure is kept, and comes out with the first flush.
	_, _ = w.out.WriteString("timestamp,value,expected,lower,upper,score,anomalous\n")
}

func (w *scoreWriter) row(row *metric.Row, v *baseline.Verdict) error {
	w.header()
	line := appendText(w.line[:0], row.TimeText)
	line = appendText(append(line, ','), row.ValueText)
	if v.Learning || row.Missing() {
		line = append(line, ",,,,0,false\n"...)
	} else {
		for _, x := range []float64{v.Expected, v.Lower, v.Upper, v.Score} {
			line = appendNumber(append(line, ','), x)
		}
		line = append(strconv.AppendBool(append(line, ','), v.Anomalous), '\n')
	}
	w.line = line
	_, err := w.out.Write(line)
	return err
}

// appendText writes a field, in quotes if it has to be.
func appendText(line, text []byte) []byte {
	if !bytes.ContainsAny(text, ",\"\r\n") {
		return append(line, text...)
	}
	line = append(line, '"')
	line = append(line, bytes.ReplaceAll(text, []byte(`"`), []byte(`""`))...)
	return append(line, '"')
}

// appendNumber writes a number so that it reads back as the same; nothing
// where there is none.
func appendNumber(line []byte, x float64) []byte {
	size := math.Abs(x)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return line
	case size != 0 && (size < 1e-6 || size >= 1e21):
		return strconv.AppendFloat(line, x, 'e', -1, 64)
	}
	return strconv.AppendFloat(line, x, 'f', -1, 64)
}
