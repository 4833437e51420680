package quarantine

import (
	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// parser reads single records of one file again.
type parser struct {
	options accesslog.Options
	lines   *accesslog.Reader
}

// newParser makes a parser; beginning are the first lines of the file.
func newParser(o accesslog.Options, beginning []byte) (*parser, error) {
	lines, err := accesslog.NewReader(o)
	if err != nil {
		return nil, err
	}
	if len(beginning) > 0 {
		lines.Prime(beginning)
	}
	return &parser{options: o, lines: lines}, nil
}

// outcome is what became of a record.
type outcome struct {
	settled bool   // it is a row now, or holds no request after all
	reason  string // why not
}

// read adds the row of a record to b, or nothing.
func (p *parser) read(raw []byte, r *record, b *event.Batch) (outcome, error) {
	got := readWith(p.lines, raw, r, b)
	format, version := b.Format, b.FormatVersion
	if got.settled || p.options.Format != accesslog.Auto && p.options.Format != "" {
		return got, nil
	}
	// The log may have another format here than where it begins.
	alone, err := accesslog.NewReader(p.options)
	if err != nil {
		return got, err
	}
	if other := readWith(alone, raw, r, b); other.settled {
		return other, nil
	}
	b.Format, b.FormatVersion = format, version
	return got, nil
}

func readWith(lines *accesslog.Reader, raw []byte, r *record, b *event.Batch) outcome {
	rejected := len(b.Rejected)
	lines.ReadCut(raw, r.length, event.Position{Offset: r.offset, Line: r.line}, b)
	if len(b.Rejected) == rejected {
		return outcome{settled: true}
	}
	reason := b.Rejected[rejected].Reason
	b.Rejected = b.Rejected[:rejected]
	return outcome{reason: reason[:min(len(reason), reasonBytes)]}
}
