package privacy

import (
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options configure a Masker. The zero value masks with the default detectors
// and drops users, principals and sessions, for want of keys to hash them with.
type Options struct {
	Detectors  []string  // names, see Detectors; nil = the defaults
	Custom     []Pattern // what is secret here only
	Parameters []string  // more names whose values are secret, masked as tokens
	// Fields are policies beside the defaults: user, principal and session are
	// hashed, all else is clear.
	Fields map[event.TextField]Policy
	// Addresses are policies of the addresses, clear by default. Unless all are
	// clear, forwarded_for is dropped by default: it holds the same addresses.
	Addresses map[event.AddrField]AddressPolicy
	Keys      Keyring // for hashes
}

// Masker masks. It is immutable and safe for concurrent use.
type Masker struct {
	on        detectors
	class     [256]class
	masks     []string // by the number of the kind
	sorted    []named  // kinds by name
	names     nameTable
	words     map[string]bool // of attacks, which stay
	prefixes  []prefix
	pairs     *pairs // what may be a prefix
	groups    []pattern
	custom    []custom
	fields    map[event.TextField]Policy
	addresses map[event.AddrField]AddressPolicy
	keys      Keyring
	seed      maphash.Seed
	workers   sync.Pool // *worker: scratch memory of one call of Batch
}

// New makes a Masker. Errors name the option and what to write instead.
func New(o Options) (*Masker, error) {
	on, err := choose(o.Detectors)
	if err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	m := &Masker{
		on: on, names: secretNames(), words: attackWords(), prefixes: keyPrefixes(),
		addresses: maps.Clone(o.Addresses), keys: o.Keys, seed: maphash.MakeSeed(),
	}
	m.class = classes(on, m.prefixes)
	m.pairs, m.groups = pairsOf(m.prefixes), groupPatterns()
	names := builtinNames()
	errs := []error{m.names.add(o.Parameters), m.setPolicies(o)}
	for _, p := range o.Custom {
		c, err := compile(p, names)
		errs = append(errs, err)
		m.custom, names = append(m.custom, c), append(names, p.Kind)
	}
	m.name(names)
	if err := errors.Join(append(errs, m.checkCustom())...); err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	m.workers.New = func() any { return &worker{m: m, hasher: m.keys.Hasher()} }
	return m, nil
}

// name makes the masks and the order of the names.
func (m *Masker) name(names []string) {
	for i, name := range names {
		m.masks = append(m.masks, "["+name+"]")
		m.sorted = append(m.sorted, named{name, 1 << i})
	}
	slices.SortFunc(m.sorted, func(a, b named) int { return strings.Compare(a.name, b.name) })
}

// Append appends v to dst with what is secret in it masked, and adds the kinds
// of what was found to kinds. It returns dst and false when nothing was. v may
// be any text: a path, a query, a header, JSON; valid UTF-8 stays valid, and
// masking what is masked changes nothing. v and dst may not overlap.
//
// It allocates only when dst is too small, and where a custom pattern matches.
func (m *Masker) Append(dst, v []byte, kinds *Kinds) (out []byte, changed bool) {
	s := scan{m: m, in: v, out: dst}
	s.run()
	start := len(dst)
	if s.found != 0 {
		s.out = append(s.out, v[s.done:]...)
	}
	if len(m.custom) > 0 {
		s.customs(start)
	}
	if s.found == 0 {
		return dst, false
	}
	*kinds |= s.found
	return s.out, true
}

// String masks a text for people, such as the reason of a finding.
func (m *Masker) String(text string) string {
	var in, out [512]byte
	var kinds Kinds
	masked, changed := m.Append(out[:0], append(in[:0], text...), &kinds)
	if !changed {
		return text
	}
	return string(masked)
}
