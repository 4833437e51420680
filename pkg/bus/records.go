package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

// headerID is a record's id for whoever reads it: that of JetStream serves
// the server's own window only.
const headerID = "Honeymoat-Id"

// maxRecord bounds the rows of one message in bytes.
const maxRecord = 3 << 20

// Record implements respond.Recorder. Rows that do not fit into one message
// are spread over several.
func (b *Bus) Record(ctx context.Context, t respond.Table, id string, rows ...any) error {
	parts, err := encodeRows(rows)
	if err != nil {
		return fmt.Errorf("record %s %s: %w", t, id, err)
	}
	for n, data := range parts {
		m := nats.NewMsg("records." + string(t))
		partID := fmt.Sprintf("%s:%d", id, n)
		m.Header.Set(headerID, token(partID))
		m.Data = data
		if _, err := b.js.PublishMsg(ctx, m, jetstream.WithMsgID(token(string(t)+":"+partID))); err != nil {
			return fmt.Errorf("record %s %s: %w", t, id, publishError(err))
		}
	}
	return nil
}

var _ respond.Recorder = (*Bus)(nil)

// encodeRows writes rows as JSON, one a line, cut into messages.
func encodeRows(rows []any) ([][]byte, error) {
	var parts [][]byte
	var part bytes.Buffer
	for _, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			return nil, fmt.Errorf("encode row: %w", err)
		}
		if len(line) > maxRecord {
			return nil, fmt.Errorf("row of %d bytes: at most %d", len(line), maxRecord)
		}
		if part.Len()+len(line) > maxRecord {
			parts = append(parts, bytes.Clone(part.Bytes()))
			part.Reset()
		}
		part.Write(line)
		part.WriteByte('\n')
	}
	if part.Len() > 0 {
		parts = append(parts, part.Bytes())
	}
	return parts, nil
}

// Records reads the rows for the store.
type Records struct{ consumer }

// Records is the stream of rows, read by the consumer of this name (for
// metrics and dead letters).
func (b *Bus) Records(name string) *Records { return &Records{consumer{b, recordsStream, name}} }

// Consume hands the rows after a sequence to fn, one message at a time and in
// order, until ctx ends, which is no error. rows are JSON objects, one a
// line, for one table; id names the message over repetitions. Rows on which
// fn goes on failing become a dead letter.
func (r *Records) Consume(ctx context.Context, after uint64, fn func(seq uint64, table, id string, rows []byte) error) error {
	return r.run(ctx, after, func(m jetstream.Msg, seq uint64) error {
		table := strings.TrimPrefix(m.Subject(), "records.")
		return fn(seq, table, m.Headers().Get(headerID), m.Data())
	})
}
