package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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
// message is synced to disk, and blocks wait for the same disk. The chunks of a
// save that fails are freed too: they would use up the room that the next one
// needs.
//
// The head is fenced: when somebody else has saved under this name since this
// process has last loaded or saved it, Save fails with an error that wraps
// ingest.ErrFenced, however often it is tried, until Load.
type Checkpoints struct {
	bus    *Bus
	writer string // of this process's heads

	mu    sync.Mutex // one Save at a time
	heads map[string]ownHead
	whole map[string]bool     // names whose head has all: there are no chunks
	left  map[string][]string // generations that no head points at, and that could not be freed
}

// ownHead is the last head of a name that this process has loaded or saved.
type ownHead struct {
	sequence uint64
	doubtful bool // another one may have been stored since, by this process
}

func newCheckpoints(b *Bus) *Checkpoints {
	return &Checkpoints{bus: b, writer: nuid.Next(), heads: map[string]ownHead{}, whole: map[string]bool{}, left: map[string][]string{}}
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
	for _, generation := range c.left[name] {
		c.discard(ctx, name, generation)
	}
	h := head{Generation: nuid.Next(), Writer: c.writer, Bytes: len(data), Hash: xxh3.Hash(data)}
	if len(data) <= inlineBytes {
		h.Data = data
	} else if err := c.saveChunks(ctx, name, &h, data); err != nil {
		c.discard(ctx, name, h.Generation)
		return err
	}
	encoded, err := json.Marshal(h)
	if err != nil {
		return err
	}
	ack, err := c.bus.js.Publish(ctx, headSubject(name), encoded, jetstream.WithExpectLastSequencePerSubject(after))
	if err != nil {
		c.heads[name] = ownHead{sequence: after, doubtful: true}
		if fenced(err) && h.Chunks > 0 { // else it may be stored all the same
			c.discard(ctx, name, h.Generation)
		}
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

// saveChunks returns once it is known of each chunk that was sent whether it is
// stored, which takes no longer than publishTimeout: none is stored later.
func (c *Checkpoints) saveChunks(ctx context.Context, name string, h *head, data []byte) error {
	c.whole[name] = false
	var p pipeline
	ended := ctx
	ctx = context.WithoutCancel(ctx)
	for len(data) > 0 && ended.Err() == nil {
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
	if len(data) > 0 {
		return context.Cause(ended)
	}
	return nil
}

// discardTimeout bounds the freeing of what did not become a checkpoint.
const discardTimeout = 10 * time.Second

// discard frees the chunks of a generation that no head will point at, though
// ctx may have ended. When it fails, the next Save tries it again.
func (c *Checkpoints) discard(ctx context.Context, name, generation string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardTimeout)
	defer cancel()
	err := c.purge(ctx, chunkSubject(name, generation, "*"))
	c.left[name] = slices.DeleteFunc(slices.Clone(c.left[name]), func(g string) bool { return g == generation })
	if err != nil {
		c.left[name] = append(c.left[name], generation)
		c.bus.log.Debug("chunks of a checkpoint that was not saved could not be freed yet", "checkpoint", name, "error", err)
	}
}

// freeOthers frees the chunks of all generations but one, as a process leaves
// them that is killed while it saves. On a cluster another process may be saving
// now, before it learns that it is fenced: there the next Save frees them.
func (c *Checkpoints) freeOthers(ctx context.Context, name, but string) error {
	if !c.bus.alone() {
		return nil
	}
	s, err := c.bus.js.Stream(ctx, checkpointStream)
	if err != nil {
		return publishError(err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(chunkSubject(name, "*", "*")))
	if err != nil {
		return publishError(err)
	}
	others := map[string]bool{}
	for subject := range info.State.Subjects {
		parts := strings.Split(subject, ".")
		others[parts[len(parts)-2]] = true
	}
	delete(others, but)
	for generation := range others {
		if err := c.purge(ctx, chunkSubject(name, generation, "*")); err != nil {
			return err
		}
	}
	return nil
}

func (c *Checkpoints) purge(ctx context.Context, subject string, opts ...jetstream.StreamPurgeOpt) error {
	s, err := c.bus.js.Stream(ctx, checkpointStream)
	if err != nil {
		return publishError(err)
	}
	return publishError(s.Purge(ctx, append(opts, jetstream.WithPurgeSubject(subject))...))
}

// free removes the chunks of checkpoints before, those of a save that did not
// come to its end included.
func (c *Checkpoints) free(ctx context.Context, name string, h head) error {
	var options []jetstream.StreamPurgeOpt
	if h.Chunks > 0 {
		options = append(options, jetstream.WithPurgeSequence(h.First))
	}
	return c.purge(ctx, chunkSubject(name, "*", "*"), options...)
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
	var h head
	if err := json.Unmarshal(m.Data, &h); err != nil {
		return nil, fmt.Errorf("load checkpoint %s: read head: %w", name, err)
	}
	data, err := c.loadChunks(ctx, name, &h)
	if err != nil {
		return nil, fmt.Errorf("load checkpoint %s: %w", name, err)
	}
	if err := c.freeOthers(ctx, name, h.Generation); err != nil {
		c.bus.log.Debug("chunks of checkpoints that were not saved could not be freed", "checkpoint", name, "error", err)
	}
	c.heads[name] = ownHead{sequence: m.Sequence}
	return data, nil
}

// loadChunks gives what a head stands for.
func (c *Checkpoints) loadChunks(ctx context.Context, name string, h *head) ([]byte, error) {
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
