package store

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// eventRows are rows for the table of events, from any number of batches.
type eventRows struct {
	rows    int
	columns []column
	texts   []stringColumn // in the order of event.TextFields
	numbers []*intColumn   // by event.NumberField; nil for quality
	quality *listColumn
	peer    *textColumn
	client  *textColumn
	shared  sharedColumns
}

// stringColumn is a column of one of the batch's texts.
type stringColumn interface {
	column
	add(before int, data []byte, ends []uint32)
}

// sharedColumns are those that all rows of a batch have in common.
type sharedColumns struct {
	agent, source, gateway, kind, direction, format, file, path *dictColumn
	version, received                                           *intColumn
}

func newEventRows() *eventRows {
	r := &eventRows{}
	for _, f := range event.TextFields() {
		r.texts = append(r.texts, addTextColumn(&r.columns, f))
	}
	for _, f := range event.NumberFields() {
		if f == event.Quality {
			r.numbers = append(r.numbers, nil)
			r.quality = addColumn(&r.columns, newListColumn(f.String()))
			continue
		}
		r.numbers = append(r.numbers, addColumn(&r.columns, numberColumn(f)))
	}
	r.peer = addColumn(&r.columns, newTextColumn(event.PeerAddress.String()))
	r.client = addColumn(&r.columns, newTextColumn(event.ClientAddress.String()))
	r.shared = newSharedColumns(&r.columns)
	return r
}

// plainTexts are those that the table has as String, because nearly every row
// may have another; the rest have a dictionary there.
func plainTexts() []event.TextField {
	return []event.TextField{
		event.Path, event.Query, event.Referer, event.ForwardedFor, event.Principal, event.User, event.Session,
		event.RequestID, event.HeaderSignature, event.QuerySignature, event.DecisionID,
	}
}

func addTextColumn(to *[]column, f event.TextField) stringColumn {
	if slices.Contains(plainTexts(), f) {
		return addColumn(to, newTextColumn(f.String()))
	}
	return addColumn(to, newDictColumn(f.String()))
}

// numberColumn is the column of a number. A place in a file is always known;
// everything else may not be, and is NULL then.
func numberColumn(f event.NumberField) *intColumn {
	switch f {
	case event.Time:
		return newIntColumn(f.String(), timeType)
	case event.Offset, event.Line:
		return newIntColumn(f.String(), uint64Type)
	case event.Length:
		return newIntColumn(f.String(), uint32Type)
	}
	c := newIntColumn(f.String(), int64Type)
	if f == event.Status {
		c.typ = int32Type
	}
	c.nullable = true
	return c
}

func newSharedColumns(to *[]column) sharedColumns {
	text := func(label string) *dictColumn { return addColumn(to, newDictColumn(label)) }
	return sharedColumns{
		agent: text("agent"), source: text("source"), gateway: text("gateway"), kind: text("kind"),
		direction: text("direction"), format: text("format"), file: text("file"), path: text("file_path"),
		version:  addColumn(to, newIntColumn("format_version", uint16Type)),
		received: addColumn(to, newIntColumn("received", timeType)),
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
	r.addAddresses(b)
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

// addAddresses appends peers and clients. Where nothing stands before the
// gateway they are the same, and are written out once.
func (r *eventRows) addAddresses(b *event.Batch) {
	peers, clients := b.AddrColumn(event.PeerAddress), b.AddrColumn(event.ClientAddress)
	if len(peers) == 0 || !slices.Equal(peers, clients) {
		r.peer.addAddresses(r.rows, peers)
		r.client.addAddresses(r.rows, clients)
		return
	}
	r.peer.fill(r.rows)
	since := len(r.peer.data)
	r.peer.addAddresses(r.rows, peers)
	r.client.addCopy(r.rows, r.peer, since)
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
	rows         int
	columns      []column
	offset, line *intColumn
	length       *intColumn
	reason       *dictColumn
	sample       *textColumn
	shared       sharedColumns
}

func newRejectedRows() *rejectedRows {
	r := &rejectedRows{}
	number := func(label string) *intColumn { return addColumn(&r.columns, newIntColumn(label, uint64Type)) }
	r.offset, r.line, r.length = number("offset"), number("line"), number("length")
	r.reason = addColumn(&r.columns, newDictColumn("reason"))
	r.sample = addColumn(&r.columns, newTextColumn("excerpt"))
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
		r.sample.one(at, rej.Excerpt)
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
