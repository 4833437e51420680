package cli

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/metric"
	"github.com/honeymoat/honeymoat/pkg/command"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

func baselineCommand() *cobra.Command {
	parent := command.Group("baseline", "Tell what is normal of any metric, and what is not.")
	parent.AddCommand(baselineScoreCommand(), baselinePlotCommand(), baselineStatusCommand(), baselineDetectorsCommand())
	return parent
}

// metricFlags tell which columns of a CSV are the metric.
type metricFlags struct{ time, value string }

func addMetricFlags(c *cobra.Command) *metricFlags {
	m, flags := &metricFlags{}, c.Flags()
	flags.StringVar(&m.time, "time-column", "timestamp", "Column of times: RFC 3339, 2006-01-02 15:04:05, a date, or Unix seconds, milli-, micro- or nanoseconds; UTC unless they name a zone. Upper and lower case are the same if no other column fits.")
	flags.StringVar(&m.value, "value-column", "value", "Column of values; a missing one is empty or NaN.")
	return m
}

// judge reads a metric and has a model judge each row by those before it, in
// the order in which they stand. more, unless it is nil, is called before more
// of the input is read; each gets the rows, with an empty verdict where there
// is no value.
func (m *metricFlags) judge(c *cobra.Command, path string, more func() error, each func(*metric.Row, *baseline.Verdict) error) error {
	in, err := openMetric(c, path)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(c.Context(), func() { _ = in.Close() }) // whoever reads hears of it
	defer func() {
		if stop() {
			_ = in.Close() // read only
		}
	}()
	err = judgeRows(&announced{in, more}, metric.Options{File: inputName(path), Time: m.time, Value: m.value}, each)
	switch {
	case c.Context().Err() != nil:
		return c.Context().Err()
	case errors.As(err, new(mistake.Mistake)):
		return command.Usage(err)
	}
	return err
}

// inputName is how mistakes name an input.
func inputName(path string) string {
	if path == standardInput {
		return "standard input"
	}
	return path
}

func openMetric(c *cobra.Command, path string) (io.ReadCloser, error) {
	if path == standardInput {
		return interruptible(c.InOrStdin())
	}
	return os.Open(path)
}

func judgeRows(in io.Reader, o metric.Options, each func(*metric.Row, *baseline.Verdict) error) error {
	plain, err := tailer.Finished(in, nil)
	if err != nil {
		return err
	}
	defer func() { _ = plain.Close() }() // read only
	r, err := metric.NewReader(plain, o)
	if err != nil {
		return err
	}
	model := baseline.New(baseline.Options{})
	var row metric.Row // both outside the loop: each keeps none of them
	var verdict baseline.Verdict
	for {
		if err := r.Next(&row); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		verdict = model.Observe(baseline.Point{Time: row.Time, Value: row.Value})
		if err := each(&row, &verdict); err != nil {
			return err
		}
	}
}

// announced says when more is about to be read, for which it may have to wait.
type announced struct {
	in   io.Reader
	more func() error
}

func (a *announced) Read(p []byte) (int, error) {
	if a.more != nil {
		if err := a.more(); err != nil {
			return 0, err
		}
	}
	return a.in.Read(p)
}
