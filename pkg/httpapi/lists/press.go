package lists

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Bounds of what is kept in memory, in bytes.
const (
	maxBody = 32 << 20 // a million addresses as plain text are 15 MB
	maxKept = 96 << 20
	// perEdition is what an edition takes besides: anybody may ask for segments
	// that do not exist.
	perEdition = 1 << 10
	// atOnce is how many lists that are too long to be kept are written at the
	// same time.
	atOnce = 2
)

// errTooLong tells that a list is too long to be kept, and has to be written
// for each who asks.
var errTooLong = errors.New("the list is too long to be kept")

// edition is a list as it was written for everybody who asked.
type edition struct {
	tag   string
	began uint64 // when, by the press's count
	used  uint64 // when last
	body  []byte // nil: it is too long
}

// press writes lists: the same list once for all who ask while it is the same,
// and for those who ask while it is being written once more at most. It is safe
// for concurrent use.
type press struct {
	states  *states
	maxKept int
	maxBody int
	long    chan struct{} // holds a token for each long list that is being written

	mu       sync.Mutex // for all below
	count    uint64
	turns    map[sheet]chan struct{} // holds a token while the sheet is being written
	editions map[sheet]*edition
}

func newPress(s *states, maxKept, maxBody int) *press {
	return &press{
		states: s, maxKept: maxKept, maxBody: maxBody, long: make(chan struct{}, atOnce),
		turns: map[sheet]chan struct{}{}, editions: map[sheet]*edition{},
	}
}

// edition gives a list as it is now, or was at some time since the call began.
// With errTooLong it has a tag and no body.
func (p *press) edition(ctx context.Context, s sheet) (*edition, error) {
	asked, turn := p.queue(s)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the list %s.%s: %w", s.segment, s.format, context.Cause(ctx))
	}
	defer func() { <-turn }()
	tag := p.states.now().tag(s)
	e := p.kept(s, tag, asked)
	if e == nil {
		var err error
		if e, err = p.print(s, tag); err != nil {
			return nil, err
		}
	}
	if e.body == nil {
		return e, errTooLong
	}
	return e, nil
}

func (p *press) queue(s sheet) (asked uint64, turn chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turns[s] == nil {
		p.turns[s] = make(chan struct{}, 1)
	}
	p.count++
	return p.count, p.turns[s]
}

// kept gives an edition that shows the state that tag names, or a later one
// than when it was asked for; nil if there is none.
func (p *press) kept(s sheet, tag string, asked uint64) *edition {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.editions[s]
	if e == nil || e.tag != tag && e.began < asked {
		return nil
	}
	p.count++
	e.used = p.count
	return e
}

// print makes an edition. What it shows is what the tag names, or newer.
func (p *press) print(s sheet, tag string) (*edition, error) {
	p.mu.Lock()
	p.count++
	e := &edition{tag: tag, began: p.count, used: p.count}
	p.mu.Unlock()
	out := limited{left: p.maxBody}
	switch err := p.write(&out, s, tag); {
	case err == nil:
		e.body = out.Bytes()
	case !errors.Is(err, errTooLong):
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.editions[s] = e
	p.drop(e)
	return e, nil
}

// drop forgets the editions that were asked for longest ago, all but one, while
// they are too much.
func (p *press) drop(but *edition) {
	total := 0
	var oldest []sheet
	for s, e := range p.editions {
		total += perEdition + len(e.body)
		oldest = append(oldest, s)
	}
	slices.SortFunc(oldest, func(a, b sheet) int { return cmp.Compare(p.editions[a].used, p.editions[b].used) })
	for _, s := range oldest {
		if e := p.editions[s]; total > p.maxKept && e != but {
			total -= perEdition + len(e.body)
			delete(p.editions, s)
			delete(p.turns, s) // who waits for it has it
		}
	}
}

// stream writes a list that is too long to be kept.
func (p *press) stream(ctx context.Context, w io.Writer, s sheet, tag string) error {
	select {
	case p.long <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for the list %s.%s: %w", s.segment, s.format, context.Cause(ctx))
	}
	defer func() { <-p.long }()
	return p.write(w, s, tag)
}

func (p *press) write(w io.Writer, s sheet, tag string) error {
	edits, _, _ := p.states.blocks.Since(0)
	l := newList(s.segment, edits)
	if !s.zipped {
		return l.write(w, s.format, plainTag(tag))
	}
	zipped := gzip.NewWriter(w)
	if err := l.write(zipped, s.format, plainTag(tag)); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return fmt.Errorf("compress the list %s.%s: %w", s.segment, s.format, err)
	}
	return nil
}

// limited is a buffer that takes so much and no more.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(data []byte) (int, error) {
	if l.left -= len(data); l.left < 0 {
		return 0, errTooLong
	}
	return l.Buffer.Write(data)
}
