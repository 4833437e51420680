package store

import (
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Quarantine gives one page of the records that could not be parsed and have
// not been read again with success, newest receipt first.
func (s *Store) Quarantine(ctx context.Context, q wire.QuarantineQuery) (wire.Page[wire.Quarantined], error) {
	args, c, err := paging("quarantine", q.Slice, q.Period)
	if err != nil {
		return wire.Page[wire.Quarantined]{}, err
	}
	agent := q.Host
	if q.Host == block.ServiceHost {
		agent = ""
	}
	args = append(args, named("file", c.Key), named("offset", c.Offset), named("source", q.Source), named("reason", q.Reason),
		named("any_host", q.Host == ""), named("agent", agent))
	rows, err := ask(ctx, s, "quarantine", scanQuarantined, args...)
	if err != nil {
		return wire.Page[wire.Quarantined]{}, err
	}
	page := cut(rows, q.Slice, func(r *quarantinedRow) cursor {
		return recordCursor("quarantine", r.Received, r.file, uint64(r.Offset))
	})
	return convert(page, func(r *quarantinedRow) wire.Quarantined { return r.Quarantined }), nil
}

// Quarantined gives one record by its id. It wraps respond.ErrNotFound without
// one, and when the record has left the quarantine.
func (s *Store) Quarantined(ctx context.Context, id string) (wire.Quarantined, error) {
	file, offset, err := event.ParseRecordID(id)
	if err != nil {
		return wire.Quarantined{}, fmt.Errorf("%w: %w", respond.ErrNotFound, err)
	}
	row, err := askOne(ctx, s, "quarantined", scanQuarantined, named("file", file), named("offset", uint64(offset)))
	if err == nil && row.Reason == "" {
		err = fmt.Errorf("record %s has left the quarantine: %w", id, respond.ErrNotFound)
	}
	return row.Quarantined, err
}

// QuarantineSize counts the records in quarantine.
func (s *Store) QuarantineSize(ctx context.Context) (int64, error) {
	return askOne(ctx, s, "quarantine_size", func(scan scanner, n *int64) error { return scan(n) })
}

type quarantinedRow struct {
	wire.Quarantined
	file string
}

func scanQuarantined(scan scanner, r *quarantinedRow) error {
	var offset, line, length uint64
	err := scan(&r.ID, &r.Received, &r.Agent, &r.Source, &r.Gateway, &r.Format, &r.FilePath,
		&r.file, &offset, &line, &length, &r.Reason, &r.Excerpt)
	r.Offset, r.Line, r.Length = int64(offset), int64(line), int64(length)
	return err
}
