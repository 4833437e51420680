package ruletest

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// Log is how lines are read, and what is said about the log that they stand
// in: its kind, direction, source and gateway.
type Log struct {
	Parse  accesslog.Options
	Header event.Header
}

// newLog is the log of a test file without mistakes.
func newLog(f *File) Log {
	l := Log{Parse: accesslog.Options{
		Format: f.Format.Text, Pattern: f.Pattern, Trusted: f.Source.trusts,
		ClientHeader: f.Source.ClientHeader, ForwardedAppended: f.Source.ForwardedAppended,
	}, Header: event.Header{Source: f.Source.Name, Gateway: f.Source.Gateway, File: f.Name, Path: f.Name}}
	l.Parse.Zone, _ = f.Source.zone() // it was checked
	if f.Source.Kind.Text == event.Decoy.String() {
		l.Header.Kind = event.Decoy
	}
	if f.Source.Direction.Text == event.Egress.String() {
		l.Header.Direction = event.Egress
	}
	return l
}

// zone is the zone of times that name none; nil when nobody says.
func (s *Source) zone() (*time.Location, error) {
	if s.TimeZone.Text == "" {
		return nil, nil
	}
	return time.LoadLocation(s.TimeZone.Text)
}

func (s *Source) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedHops, func(hop Text) bool {
		p, err := netip.ParsePrefix(hop.Text)
		return err == nil && p.Contains(a)
	})
}

// unread is a line that no record came of.
type unread struct {
	index  int // of the line
	reason string
}

// read reads lines as if they followed each other in a file, from offset on.
// Of each one that could be read there is a row, in their order.
func (l *Log) read(lines []Text, from event.Position) (*event.Batch, []unread, event.Position, error) {
	r, err := accesslog.NewReader(l.Parse)
	if err != nil {
		return nil, nil, from, err
	}
	b := &event.Batch{Header: l.Header}
	var bad []unread
	for i := range lines {
		rows, rejected := b.Rows(), len(b.Rejected)
		from = r.ReadLast(append([]byte(lines[i].Text), '\n'), from, b)
		switch {
		case len(b.Rejected) > rejected:
			bad = append(bad, unread{i, fmt.Sprintf("it cannot be read as %s: %s", b.Format, b.Rejected[rejected].Reason)})
		case b.Rows() == rows:
			bad = append(bad, unread{i, fmt.Sprintf("it holds no request, read as %s", b.Format)})
		}
	}
	return b, bad, from, nil
}
