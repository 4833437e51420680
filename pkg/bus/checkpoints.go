package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

const (
	// chunkBytes is the size of one message of something large.
	chunkBytes = 512 << 10
	// inlineBytes is how much is kept in the head itself.
	inlineBytes = 64 << 10
)

// Checkpoints keeps named snapshots of state, of any size, in the stream of
// checkpoints: first the chunks under a name of their own, then a head that
// points at them, then the chunks before are freed. So the head always points
// at something whole. What is small is in its head: it is saved often, each
// message is synced to disk, and blocks wait for the same disk.
//
// The head is fenced: when somebody else has saved under this name since this
// process has last loaded or saved it, Save fails with an error that wraps
// ingest.ErrFenced, however often it is tried, until Load.
type Checkpoints struct {
	bus    *Bus
	writer string // of this process's heads

	mu    sync.Mutex // one Save at a time
	heads map[string]ownHead
	whole map[string]bool // names whose head has all: there are no chunks
}

// ownHead is the last head of a name that this process has loaded or saved.
type ownHead struct {
	sequence uint64
	doubtful bool // another one may have been stored since, by this process
}

func newCheckpoints(b *Bus) *Checkpoints {
	return &Checkpoints{bus: b, writer: nuid.Next(), heads: map[string]ownHead{}, whole: map[string]bool{}}
}

var _ respond.Checkpoints = (*Checkpoints)(nil)

// head is the message that makes a checkpoint valid.
type head struct {
	Generation string `json:"generation"`
	Writer     string `json:"writer"`
	First      uint64 `json:"first"` // sequence of the first chunk
	Chunks     int    `json:"chunks"`
	Bytes      int    `json:"bytes"`
	Hash       uint64 `json:"hash,string"`
	Data       []byte `json:"data,omitempty"` // all of it, in place of chunks
}

func headSubject(name string) string { return "checkpoint." + token(name) + ".head" }

func chunkSubject(name, generation, n string) string {
	return "checkpoint." + token(name) + ".data." + generation + "." + n
}

// Save implements respond.Checkpoints.
func (c *Checkpoints) Save(ctx context.Context, name string, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.save(ctx, name, data); err != nil {
		return fmt.Errorf("save checkpoint %s: %w", name, err)
	}
	return nil
}

func (c *Checkpoints) save(ctx context.Context, name string, data []byte) error {
	after, err := c.fence(ctx, name)
	if err != nil {
		return err
	}
	h := head{Generation: nuid.Next(), Writer: c.writer, Bytes: len(data), Hash: xxh3.Hash(data)}
	if len(data) <= inlineBytes {
		h.Data = data
	} else if err := c.saveChunks(ctx, name, &h, data); err != nil {
		return err
	}
	encoded, err := json.Marshal(h)
	if err != nil {
		return err
	}
	ack, err := c.bus.js.Publish(ctx, headSubject(name), encoded, jetstream.WithExpectLastSequencePerSubject(after))
	if err != nil {
		c.heads[name] = ownHead{sequence: after, doubtful: true}
		return publishError(err)
	}
	c.heads[name] = ownHead{sequence: ack.Sequence}
	if c.whole[name] {
		return nil
	}
	err = c.free(ctx, name, h)
	c.whole[name] = err == nil && h.Chunks == 0
	return err
}

// fence gives the sequence of the head that the next one replaces.
func (c *Checkpoints) fence(ctx context.Context, name string) (after uint64, err error) {
	own, known := c.heads[name]
	if known && !own.doubtful {
		return own.sequence, nil
	}
	m, err := c.bus.lastMessage(ctx, checkpointStream, headSubject(name))
	if err != nil || m == nil {
		return 0, err
	}
	var h head
	if err := json.Unmarshal(m.Data, &h); known && (err != nil || h.Writer != c.writer) {
		return own.sequence, nil // somebody else's, unless it is the one that we know
	}
	return m.Sequence, nil
}

func (c *Checkpoints) saveChunks(ctx context.Context, name string, h *head, data []byte) error {
	c.whole[name] = false
	var p pipeline
	for len(data) > 0 {
		n := min(len(data), chunkBytes)
		m := nats.NewMsg(chunkSubject(name, h.Generation, strconv.Itoa(h.Chunks)))
		m.Data, data = data[:n], data[n:]
		h.Chunks++
		p.publish(ctx, c.bus.js, m)
	}
	for i, r := range p.wait(ctx) {
		if r.err != nil {
			return r.err
		}
		if i == 0 {
			h.First = r.sequence
		}
	}
	return nil
}

// free removes the chunks of checkpoints before, those of a save that did not
// come to its end included.
func (c *Checkpoints) free(ctx context.Context, name string, h head) error {
	s, err := c.bus.js.Stream(ctx, checkpointStream)
	if err != nil {
		return publishError(err)
	}
	options := []jetstream.StreamPurgeOpt{jetstream.WithPurgeSubject(chunkSubject(name, "*", "*"))}
	if h.Chunks > 0 {
		options = append(options, jetstream.WithPurgeSequence(h.First))
	}
	return publishError(s.Purge(ctx, options...))
}

// Load implements respond.Checkpoints.
func (c *Checkpoints) Load(ctx context.Context, name string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole[name] = false // somebody else may have saved
	m, err := c.bus.lastMessage(ctx, checkpointStream, headSubject(name))
	if err != nil {
		return nil, fmt.Errorf("load checkpoint %s: %w", name, err)
	}
	if m == nil {
		c.heads[name] = ownHead{}
		return nil, fmt.Errorf("load checkpoint %s: %w", name, respond.ErrNotFound)
	}
	data, err := c.loadChunks(ctx, name, m.Data)
	if err != nil {
		return nil, fmt.Errorf("load checkpoint %s: %w", name, err)
	}
	c.heads[name] = ownHead{sequence: m.Sequence}
	return data, nil
}

// loadChunks gives what a head stands for.
func (c *Checkpoints) loadChunks(ctx context.Context, name string, encoded []byte) ([]byte, error) {
	var h head
	if err := json.Unmarshal(encoded, &h); err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	data := append(make([]byte, 0, h.Bytes), h.Data...)
	for n := range h.Chunks {
		m, err := c.bus.lastMessage(ctx, checkpointStream, chunkSubject(name, h.Generation, strconv.Itoa(n)))
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, fmt.Errorf("chunk %d of %d is gone", n+1, h.Chunks)
		}
		data = append(data, m.Data...)
	}
	if xxh3.Hash(data) != h.Hash {
		return nil, fmt.Errorf("%d bytes with another hash than was saved", len(data))
	}
	return data, nil
}
