package privacy

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Batch masks a batch in place: path, route, query, referer and user agent, and the
// excerpts of what was rejected. The kinds found in a row are added to its
// sensitive field. Then it applies the policies of the fields; a hash stays as
// it is, so that a batch may be masked twice. The kind under which a principal
// is hashed is its principal_kind; that of any other field is the field's name.
//
// It is safe for concurrent use on different batches.
func (m *Masker) Batch(b *event.Batch) {
	w := m.workers.Get().(*worker)
	w.batch(b)
	m.workers.Put(w)
}

// worker is the memory of one call of Batch.
type worker struct {
	m      *Masker
	hasher *Hasher
	found  bool
	kinds  []Kinds // by row
	clean  clean
}

func (w *worker) batch(b *event.Batch) {
	w.found = false
	w.kinds = append(w.kinds[:0], make([]Kinds, b.Rows())...)
	w.mask(b, event.Path)
	w.mask(b, event.Query)
	w.maskRepeated(b, event.Route) // made of the path
	w.maskRepeated(b, event.Referer)
	w.maskRepeated(b, event.UserAgent)
	if w.found {
		w.tell(b)
	}
	for i := range b.Rejected {
		b.Rejected[i].Excerpt = w.m.String(b.Rejected[i].Excerpt)
	}
	for _, f := range event.TextFields() {
		w.apply(b, f, w.m.fields[f])
	}
	for f, p := range w.m.addresses {
		if p != AddressClear {
			b.MapAddr(f, p.apply)
		}
	}
}

func (w *worker) mask(b *event.Batch, f event.TextField) {
	b.MapText(f, func(row int, dst, v []byte) ([]byte, bool) {
		out, changed := w.m.Append(dst, v, &w.kinds[row])
		w.found = w.found || changed
		return out, changed
	})
}

// maskRepeated is mask for a column in which values repeat: what was found
// clean lately is not looked at again.
func (w *worker) maskRepeated(b *event.Batch, f event.TextField) {
	b.MapText(f, func(row int, dst, v []byte) ([]byte, bool) {
		if len(v) < 2 {
			return dst, false
		}
		slot := w.clean.slot(maphash.Bytes(w.m.seed, v))
		if bytes.Equal(*slot, v) {
			return dst, false
		}
		out, changed := w.m.Append(dst, v, &w.kinds[row])
		w.found = w.found || changed
		if !changed && len(v) <= maxClean {
			*slot = append((*slot)[:0], v...)
		}
		return out, changed
	})
}

const maxClean = 512 // bytes of a text that is remembered

// clean remembers texts that hold nothing to mask.
type clean struct{ texts [1024][]byte }

func (c *clean) slot(hash uint64) *[]byte { return &c.texts[hash%uint64(len(c.texts))] }

// tell adds the names of what was found to the sensitive field.
func (w *worker) tell(b *event.Batch) {
	b.MapText(event.Sensitive, func(row int, dst, v []byte) ([]byte, bool) {
		kinds := w.kinds[row]
		if kinds == 0 {
			return dst, false
		}
		if len(v) > 0 {
			return w.m.merge(dst, v, kinds)
		}
		return w.m.appendNames(dst, kinds), true
	})
}

// appendNames appends the names of a set, sorted and separated by commas.
func (m *Masker) appendNames(dst []byte, k Kinds) []byte {
	start := len(dst)
	for _, n := range m.sorted {
		if k&n.kind != 0 {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = append(dst, n.name...)
		}
	}
	return dst
}

// merge appends the names of a set together with those that stand there.
func (m *Masker) merge(dst, there []byte, k Kinds) ([]byte, bool) {
	names := slices.AppendSeq(m.Names(k), strings.SplitSeq(string(there), ","))
	slices.Sort(names)
	merged := strings.Join(slices.Compact(names), ",")
	if merged == string(there) {
		return dst, false
	}
	return append(dst, merged...), true
}

// apply applies the policy of a field.
func (w *worker) apply(b *event.Batch, f event.TextField, p Policy) {
	switch p {
	case Drop:
		b.MapText(f, func(_ int, dst, v []byte) ([]byte, bool) { return dst, len(v) > 0 })
	case Hash:
		b.MapText(f, func(row int, dst, v []byte) ([]byte, bool) {
			if len(v) == 0 || IsHash(v) {
				return dst, false
			}
			return w.hasher.AppendHash(dst, w.kind(b, f, row), v), true
		})
	}
}

// kind is under which kind a row's field is hashed.
func (w *worker) kind(b *event.Batch, f event.TextField, row int) string {
	if f != event.Principal {
		return f.String()
	}
	for _, kind := range []string{"user", "application", "key", "token", "session"} {
		if string(b.Text(event.PrincipalKind, row)) == kind {
			return kind
		}
	}
	return f.String()
}
