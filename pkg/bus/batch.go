package bus

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Headers of a batch: where it ends in its file, so that Last need not decode.
const (
	headerEnd  = "Honeymoat-End"
	headerLine = "Honeymoat-Line"
)

// encoders are codecs and buffers for any number of publishing goroutines.
type encoders struct{ pool sync.Pool }

type encoder struct {
	codec *event.Codec
	buf   []byte
}

// with encodes b and hands the bytes to use, which may not keep them.
func (e *encoders) with(b *event.Batch, use func(data []byte) error) error {
	enc, ok := e.pool.Get().(*encoder)
	if !ok {
		codec, err := event.NewCodec()
		if err != nil {
			return err
		}
		enc = &encoder{codec: codec}
	}
	defer e.pool.Put(enc)
	enc.buf = enc.codec.Append(enc.buf[:0], b)
	if len(enc.buf) > MaxBatch {
		return fmt.Errorf("%w: %d bytes, at most %d", ingest.ErrTooLarge, len(enc.buf), MaxBatch)
	}
	return use(enc.buf)
}

// batchMessage is a batch on its way. It is fenced with the last sequence of
// its file and carries no message id: the server looks for ids in the whole
// stream, so one shipper could have another's batch taken for a duplicate.
func batchMessage(o linesOrigin, end event.Position, after uint64, data []byte) *nats.Msg {
	m := nats.NewMsg(o.subject())
	m.Header.Set(headerEnd, strconv.FormatInt(end.Offset, 10))
	m.Header.Set(headerLine, strconv.FormatInt(end.Line, 10))
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(after, 10))
	m.Data = data
	return m
}

// markOf reads the mark of a file's last message.
func markOf(sequence uint64, h nats.Header) (ingest.Mark, error) {
	offset, err := strconv.ParseInt(h.Get(headerEnd), 10, 64)
	if err != nil {
		return ingest.Mark{}, fmt.Errorf("message %d: header %s: %w", sequence, headerEnd, err)
	}
	line, err := strconv.ParseInt(h.Get(headerLine), 10, 64)
	if err != nil {
		return ingest.Mark{}, fmt.Errorf("message %d: header %s: %w", sequence, headerLine, err)
	}
	return ingest.Mark{Sequence: sequence, End: event.Position{Offset: offset, Line: line}}, nil
}

// acknowledgement is the server's answer to a publish, as JSON.
type acknowledgement struct {
	Sequence uint64              `json:"seq"`
	Error    *jetstream.APIError `json:"error"`
}

func parseAcknowledgement(data []byte) (uint64, error) {
	var a acknowledgement
	switch err := json.Unmarshal(data, &a); {
	case err != nil:
		return 0, fmt.Errorf("read acknowledgement: %w", err)
	case a.Error != nil:
		return 0, apiError(a.Error)
	case a.Sequence == 0:
		return 0, fmt.Errorf("acknowledgement without a sequence: %q", data)
	}
	return a.Sequence, nil
}
