package watch

import (
	"fmt"
	"io"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/baseline"
)

// frozen is all that is remembered at one moment. The models, which are nearly
// all of it, are not copied: whichever learns before the state is written has
// a copy learn in its place.
type frozen struct {
	rest   []byte // all but the models
	models []placed
}

// placed is a model, and where in the rest it belongs.
type placed struct {
	at    int
	model *baseline.Model
}

// Freeze takes the state as it is now. What it gives writes it as WriteSnapshot
// does, once, and may do so in a goroutine of its own while the Watch goes on. It
// has to be called: until then models are copied as they learn. To a writer that
// fails it writes nothing more, and gives the state up.
func (w *Watch) Freeze() (write func(io.Writer) error, err error) {
	f := &frozen{models: make([]placed, 0, w.models)}
	c := &coder{frozen: f, buf: make([]byte, 0, w.frozen+w.frozen/16)}
	if err := w.codeAll(c); err != nil {
		return nil, fmt.Errorf("write the snapshot of baselines: %w", err)
	}
	f.rest, w.frozen = c.buf, len(c.buf)
	w.freezes++
	w.writing.Add(1)
	done, writing := sync.Once{}, w.writing
	return func(out io.Writer) error {
		defer done.Do(func() { writing.Add(-1) })
		if err := f.write(out); err != nil {
			return fmt.Errorf("write the snapshot of baselines: %w", err)
		}
		return nil
	}, nil
}

func (f *frozen) write(out io.Writer) error {
	c, at := &coder{out: out}, 0
	for _, p := range f.models {
		c.put(append(c.buf, f.rest[at:p.at]...))
		if c.model(p.model); c.err != nil {
			return c.err
		}
		at = p.at
	}
	c.put(append(c.buf, f.rest[at:]...))
	return c.end()
}

// own gives a track's model to learn: a copy, if it is yet to be written as it
// is.
func (w *Watch) own(t *track) *baseline.Model {
	if t.mine != w.freezes && w.writing.Load() > 0 {
		t.model = t.model.Clone()
	}
	t.mine = w.freezes
	return t.model
}

// model writes one after its length, or says where it is to be written.
func (c *coder) model(m *baseline.Model) {
	if c.frozen != nil {
		c.frozen.models = append(c.frozen.models, placed{len(c.buf), m})
		return
	}
	data, err := m.AppendBinary(c.scratch[:0])
	if err != nil && c.err == nil {
		c.err = err
	}
	c.scratch = data
	c.bytes(&data)
}
