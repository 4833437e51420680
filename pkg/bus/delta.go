package bus

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// headerDelta carries what an agent needs of a block: "ID LEFT-MS ACTION
// MODE PERCENT", and headerTerms its terms as JSON, if it has any. The deltas
// that agents get have headers only.
const (
	headerDelta = "Honeymoat-Delta"
	headerTerms = "Honeymoat-Terms"
)

const (
	// headerPut is when a block was put or removed, in Unix nanoseconds.
	headerPut       = "Honeymoat-Put"
	headerOperation = "KV-Operation"
	operationPurge  = "PURGE"
)

// putMessage stores a block in place of what has the sequence after.
func putMessage(subject string, b *block.Block, value []byte, after uint64, now time.Time) (*nats.Msg, error) {
	d := block.DeltaOf(b, now)
	m := nats.NewMsg(subject)
	if d.Terms != nil {
		terms, err := json.Marshal(d.Terms)
		if err != nil {
			return nil, fmt.Errorf("terms of block %s: %w", d.ID, err)
		}
		m.Header.Set(headerTerms, string(terms))
	}
	m.Header.Set(headerDelta, fmt.Sprintf("%s %d %d %d %d", d.ID, d.Left.Milliseconds(), d.Action, d.Mode, d.Percent))
	m.Header.Set(headerPut, strconv.FormatInt(now.UnixNano(), 10))
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(after, 10))
	m.Header.Set(jetstream.MsgTTLHeader, ttl(d.Left).String())
	m.Data = value
	return m, nil
}

// removeMessage frees the key that the block with the sequence after holds.
func removeMessage(subject string, after uint64, now time.Time) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Header.Set(headerPut, strconv.FormatInt(now.UnixNano(), 10))
	m.Header.Set(headerOperation, operationPurge)
	m.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(after, 10))
	m.Header.Set(jetstream.MsgTTLHeader, markerLife.String())
	return m
}

// ttl is a lifetime as the server takes it: whole seconds, at least one.
func ttl(left time.Duration) time.Duration {
	return max(time.Second, (left + time.Second - 1).Truncate(time.Second))
}

// removal tells whether a message of the bucket frees its key: by hand, or
// because the block has expired.
func removal(h nats.Header) bool {
	return h.Get(headerOperation) != "" || h.Get(jetstream.MarkerReasonHeader) != ""
}

// parseDelta reads a change from the headers of a message of the bucket.
func parseDelta(target block.Target, sequence uint64, h nats.Header) (block.Delta, error) {
	d := block.Delta{Revision: sequence, Target: target}
	if removal(h) {
		d.Removed = true
		return d, nil
	}
	fields := strings.Fields(h.Get(headerDelta))
	if len(fields) != 5 {
		return d, fmt.Errorf("header %s %q: want ID LEFT ACTION MODE PERCENT", headerDelta, h.Get(headerDelta))
	}
	var err error
	if d.ID, err = block.ParseID(fields[0]); err != nil {
		return d, err
	}
	var n [4]uint64
	for i, bits := range [...]int{53, 8, 8, 8} {
		if n[i], err = strconv.ParseUint(fields[i+1], 10, bits); err != nil {
			return d, fmt.Errorf("header %s: %w", headerDelta, err)
		}
	}
	d.Left = time.Duration(min(n[0], maxLeftMillis)) * time.Millisecond
	d.Action, d.Mode, d.Percent = block.Action(n[1]), block.Mode(n[2]), uint8(n[3])
	if text := h.Get(headerTerms); text != "" {
		if err := json.Unmarshal([]byte(text), &d.Terms); err != nil {
			return d, fmt.Errorf("header %s: %w", headerTerms, err)
		}
	}
	return d, nil
}

// maxLeftMillis bounds a lifetime, so that sums with it do not overflow.
const maxLeftMillis = 100 * 365 * 24 * 3600 * 1000

// parseRepublished reads a delta as the server republishes it to agents.
func parseRepublished(m *nats.Msg) (segment string, d block.Delta, err error) {
	segment, target, err := block.ParseKey(strings.TrimPrefix(m.Subject, "delta."))
	if err != nil {
		return "", d, err
	}
	sequence, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return "", d, fmt.Errorf("header %s: %w", jetstream.SequenceHeader, err)
	}
	d, err = parseDelta(target, sequence, m.Header)
	return segment, d, err
}
