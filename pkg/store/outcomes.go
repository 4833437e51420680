package store

import "github.com/honeymoat/honeymoat/pkg/event"

// outcomeRows are rows for what became of quarantined records that were read
// again: the rows and the rejected records of batches that have a lane.
type outcomeRows struct {
	rejectedRows
	attempt *intColumn
}

func newOutcomeRows() *outcomeRows {
	r := &outcomeRows{rejectedRows: *newRejectedRows()}
	r.attempt = addColumn(&r.columns, newIntColumn("attempt", uint64Type))
	return r
}

// add appends an outcome for each record of a batch. Batches of a lane end at
// numbers that grow.
func (r *outcomeRows) add(b *event.Batch) {
	first, rows := r.rows, b.Rows()
	for i := range rows {
		r.offset.repeat(first+i, b.Number(event.Offset, i), 1)
		r.line.repeat(first+i, b.Number(event.Line, i), 1)
		r.length.repeat(first+i, b.Number(event.Length, i), 1)
	}
	if rows > 0 {
		r.shared.add(first, b, rows)
		r.rows += rows
	}
	r.rejectedRows.add(b)
	r.attempt.repeat(first, b.End, r.rows-first)
}
