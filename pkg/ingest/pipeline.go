package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options tune a Pipeline; zero values take the defaults.
type Options struct {
	// Linger is how long a batch may wait for more lines; default 5 ms.
	Linger time.Duration
	// BatchBytes is how much of a file a batch covers before it leaves;
	// default 1 MiB. A batch may exceed it by one chunk.
	BatchBytes int64
	// Idle is how long nothing must follow the last record of a log whose
	// records have several lines, until it is taken to be whole; default 2 s.
	Idle time.Duration
	// Workspaces bounds how many batches are in memory, over all files;
	// default 32, at least 3.
	Workspaces int
	// Patience is the first and longest pause between tries while the bus is
	// full or away; default 50 ms to 5 s.
	MinPatience, MaxPatience time.Duration
	// Keeper keeps the raw bytes of quarantined records; nil keeps none.
	Keeper Keeper
}

const chunkBytes = 256 << 10

func (o *Options) defaults() {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&o.Linger, 5*time.Millisecond)
	set(&o.Idle, 2*time.Second)
	set(&o.MinPatience, 50*time.Millisecond)
	set(&o.MaxPatience, 5*time.Second)
	if o.BatchBytes <= 0 {
		o.BatchBytes = 1 << 20
	}
	if o.Workspaces <= 0 {
		o.Workspaces = 32
	}
	o.Workspaces = max(3, o.Workspaces)
}

// Pipeline ships the files of all sources to the bus. Every line of a file
// reaches the bus once, in order, whatever fails in between.
type Pipeline struct {
	opts    Options
	sources map[string]*source
	files   Files
	bus     Publisher
	log     *slog.Logger
	pool    *pool
	counted counters
}

// New makes a pipeline. It fails on a source with a mistake or two sources of
// one name.
func New(o Options, sources []Source, files Files, bus Publisher, log *slog.Logger) (*Pipeline, error) {
	o.defaults()
	p := &Pipeline{opts: o, sources: map[string]*source{}, files: files, bus: bus, log: log}
	chunk := chunkBytes
	for _, s := range sources {
		if err := s.check(); err != nil {
			return nil, err
		}
		if p.sources[s.Name] != nil {
			return nil, fmt.Errorf("two log sources are called %s", s.Name)
		}
		p.sources[s.Name] = newSource(s)
		chunk = max(chunk, 2*s.Log.MaxLine)
	}
	p.pool = newPool(o.Workspaces, chunk)
	return p, nil
}

// Run ships until ctx is over. Lines that were read and not acknowledged by
// then are read again after the next start.
func (p *Pipeline) Run(ctx context.Context) error {
	return p.files.Run(ctx, p.follow)
}

// Stats gives the counters. It may be called at any time.
func (p *Pipeline) Stats() Stats {
	st := p.counted.stats()
	for name, s := range p.sources {
		st.Sources[name] = s.stats()
	}
	return st
}

// follow ships one file.
func (p *Pipeline) follow(ctx context.Context, f File) error {
	src := p.sources[f.Source()]
	if src == nil {
		return fmt.Errorf("ship %s: no source is called %q", f.Path(), f.Source())
	}
	s := &session{p: p, src: src, file: f, free: make(chan struct{}, 1), lane: &lane{
		bus: p.bus, opts: &p.opts, counted: &p.counted, log: p.log.With("source", src.Name, "file", f.Path()), source: src, file: f.ID(),
	}}
	mark, err := s.lane.last(ctx)
	if err != nil {
		return err
	}
	from := further(f.Start(), mark.End)
	f.Commit(from)
	src.begin(f, from)
	defer src.end(f)
	return finished(s.ship(ctx, from, mark.Sequence))
}

// further is the place to go on from: the saved position may lag behind the
// bus, and the bus may have forgotten the file.
func further(saved, acknowledged event.Position) event.Position {
	if acknowledged.Offset > saved.Offset {
		return acknowledged
	}
	return saved
}

// finished drops the errors that end a file in peace.
func finished(err error) error {
	for _, peace := range []error{io.EOF, ErrTruncated, ErrPaused} {
		if errors.Is(err, peace) {
			return nil
		}
	}
	return err
}
