package store

import (
	"github.com/honeymoat/honeymoat/pkg/event"
)

// eventRows are rows for the table of events, from any number of batches.
type eventRows struct {
	rows    int
	columns []column
	texts   []*textColumn // in the order of event.TextFields
	numbers []*intColumn  // by event.NumberField; nil for quality
	quality *listColumn
	addrs   []*textColumn // in the order of event.AddrFields
	shared  sharedColumns
}

// sharedColumns are those that all rows of a batch have in common.
type sharedColumns struct {
	agent, source, gateway, kind, direction, format, file, path *textColumn
	version, received                                           *intColumn
}

func newEventRows() *eventRows {
	r := &eventRows{}
	for _, f := range event.TextFields() {
		r.texts = append(r.texts, addColumn(&r.columns, &textColumn{header: header{label: f.String()}}))
	}
	for _, f := range event.NumberFields() {
		if f == event.Quality {
			r.numbers = append(r.numbers, nil)
			r.quality = addColumn(&r.columns, &listColumn{header: header{label: f.String()}})
			continue
		}
		r.numbers = append(r.numbers, addColumn(&r.columns, numberColumn(f)))
	}
	for _, f := range event.AddrFields() {
		r.addrs = append(r.addrs, addColumn(&r.columns, &textColumn{header: header{label: f.String()}}))
	}
	r.shared = newSharedColumns(&r.columns)
	return r
}

// numberColumn is the column of a number as it is sent: bits of 64 that the
// server narrows. A place in a file is always known; everything else may not
// be, and is NULL then.
func numberColumn(f event.NumberField) *intColumn {
	c := &intColumn{header: header{label: f.String()}, typ: "Int64"}
	switch f {
	case event.Time:
		c.typ = "DateTime64(9, 'UTC')"
	case event.Offset, event.Line, event.Length:
		c.typ = "UInt64"
	default:
		c.nullable = true
	}
	return c
}

func newSharedColumns(to *[]column) sharedColumns {
	text := func(label string) *textColumn {
		return addColumn(to, &textColumn{header: header{label: label}})
	}
	number := func(label, typ string) *intColumn {
		return addColumn(to, &intColumn{header: header{label: label}, typ: typ})
	}
	return sharedColumns{
		agent: text("agent"), source: text("source"), gateway: text("gateway"), kind: text("kind"),
		direction: text("direction"), format: text("format"), file: text("file"), path: text("file_path"),
		version: number("format_version", "UInt64"), received: number("received", "DateTime64(9, 'UTC')"),
	}
}

func addColumn[C column](to *[]column, c C) C {
	*to = append(*to, c)
	return c
}

// add appends all rows of a batch.
func (r *eventRows) add(b *event.Batch) {
	n := b.Rows()
	if n == 0 {
		return
	}
	for i, c := range r.texts {
		data, ends := b.TextColumn(event.TextField(i))
		c.add(r.rows, data, ends)
	}
	for i, c := range r.numbers {
		switch f := event.NumberField(i); f {
		case event.Quality:
			r.quality.addFlags(r.rows, b.NumberColumn(f))
		case event.Time:
			r.addTimes(b)
		default:
			c.add(r.rows, b.NumberColumn(f))
		}
	}
	for i, c := range r.addrs {
		c.addAddresses(r.rows, b.AddrColumn(event.AddrField(i)))
	}
	r.shared.add(r.rows, b, n)
	r.rows += n
}

// addTimes appends the times of the rows; a row without one happened, as far
// as anybody knows, when it was read.
func (r *eventRows) addTimes(b *event.Batch) {
	c := r.numbers[event.Time]
	c.blank = b.Received
	c.add(r.rows, b.NumberColumn(event.Time))
	c.fill(r.rows + b.Rows())
	c.touched = true
}

func (s *sharedColumns) add(before int, b *event.Batch, rows int) {
	s.agent.repeat(before, b.Shipper, rows)
	s.source.repeat(before, b.Source, rows)
	s.gateway.repeat(before, b.Gateway, rows)
	s.kind.repeat(before, b.Kind.String(), rows)
	s.direction.repeat(before, b.Direction.String(), rows)
	s.format.repeat(before, b.Format, rows)
	s.file.repeat(before, b.File, rows)
	s.path.repeat(before, b.Path, rows)
	s.version.repeat(before, int64(b.FormatVersion), rows)
	s.received.repeat(before, b.Received, rows)
}

func (r *eventRows) reset() { r.rows = resetColumns(r.columns) }

func resetColumns(columns []column) int {
	for _, c := range columns {
		c.reset()
	}
	return 0
}

// rejectedRows are rows for the quarantine.
type rejectedRows struct {
	rows           int
	columns        []column
	offset, line   *intColumn
	length         *intColumn
	reason, sample *textColumn
	shared         sharedColumns
}

func newRejectedRows() *rejectedRows {
	r := &rejectedRows{}
	number := func(label string) *intColumn {
		return addColumn(&r.columns, &intColumn{header: header{label: label}, typ: "UInt64"})
	}
	text := func(label string) *textColumn {
		return addColumn(&r.columns, &textColumn{header: header{label: label}})
	}
	r.offset, r.line, r.length = number("offset"), number("line"), number("length")
	r.reason, r.sample = text("reason"), text("excerpt")
	// The quarantine has neither direction nor version.
	var unused []column
	r.shared = newSharedColumns(&unused)
	s := &r.shared
	r.columns = append(r.columns, s.agent, s.source, s.gateway, s.kind, s.format, s.file, s.path, s.received)
	return r
}

// add appends all rejected records of a batch.
func (r *rejectedRows) add(b *event.Batch) {
	for i := range b.Rejected {
		rej := &b.Rejected[i]
		at := r.rows + i
		r.offset.repeat(at, rej.Offset, 1)
		r.line.repeat(at, rej.Line, 1)
		r.length.repeat(at, rej.Length, 1)
		r.reason.repeat(at, rej.Reason, 1)
		r.sample.repeat(at, rej.Excerpt, 1)
	}
	if n := len(b.Rejected); n > 0 {
		r.shared.add(r.rows, b, n)
		r.rows += n
	}
}

func (r *rejectedRows) reset() {
	r.rows = resetColumns(r.columns)
	s := &r.shared
	s.direction.reset()
	s.version.reset()
}
