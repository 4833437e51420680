package decoy

import (
	"bytes"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Catalogue is a compiled set of decoys. It is immutable and safe for
// concurrent use; the nil Catalogue holds no decoys.
type Catalogue struct {
	decoys   []*Decoy
	byID     map[string]*Decoy
	exact    map[string][]candidate // by cleaned, folded path
	prefixes []prefix               // longest first
	unlisted *Decoy
	version  string

	// What follows turns ordinary paths away before they are hashed.
	plain  plainBytes
	shapes [64][4]uint64 // of exact paths: length modulo 64 → set of last bytes
	heads  [4]uint64     // set of the second bytes of prefixes
	all    bool          // some prefix is "/*"
}

type candidate struct {
	decoy *Decoy
	path  string // as the catalogue writes it
}

type prefix struct {
	folded string // without the asterisk, with the slash
	candidate
}

// New compiles decoys. Ids must be unique; a decoy's own paths are tried in
// the order given. Parse checks what New takes for granted.
func New(decoys []Decoy) *Catalogue {
	c := &Catalogue{byID: map[string]*Decoy{}, exact: map[string][]candidate{}, plain: newPlainBytes()}
	versions := make([]string, 0, len(decoys))
	for i := range decoys {
		d := decoys[i]
		d.Version = d.version()
		versions = append(versions, d.Version)
		c.add(&d)
	}
	slices.SortStableFunc(c.prefixes, func(a, b prefix) int {
		if n := len(b.folded) - len(a.folded); n != 0 {
			return n
		}
		return narrower(a.decoy, b.decoy)
	})
	for _, found := range c.exact {
		slices.SortStableFunc(found, func(a, b candidate) int { return narrower(a.decoy, b.decoy) })
	}
	c.version = finding.NewID(versions...)[:12]
	c.unlisted = unlisted()
	return c
}

// narrower puts a decoy that is meant for some hosts or methods before one
// that is meant for all.
func narrower(a, b *Decoy) int {
	weight := func(d *Decoy) int { return 2*min(1, len(d.Hosts)) + min(1, len(d.Methods)) }
	return weight(b) - weight(a)
}

func (c *Catalogue) add(d *Decoy) {
	c.decoys = append(c.decoys, d)
	c.byID[d.ID] = d
	for _, p := range d.Paths {
		folded := string(appendFolded(nil, []byte(p)))
		if stem, ok := strings.CutSuffix(folded, "*"); ok && strings.HasSuffix(stem, "/") {
			c.prefixes = append(c.prefixes, prefix{stem, candidate{d, p}})
			c.markHead(stem)
			continue
		}
		c.exact[folded] = append(c.exact[folded], candidate{d, p})
		last := folded[len(folded)-1]
		c.shapes[len(folded)%64][last/64] |= 1 << (last % 64)
	}
}

func (c *Catalogue) markHead(stem string) {
	if len(stem) < 2 {
		c.all = true
		return
	}
	c.heads[stem[1]/64] |= 1 << (stem[1] % 64)
}

// Decoys lists the decoys in the catalogue's order. Neither the slice nor
// what it points to may be changed.
func (c *Catalogue) Decoys() []*Decoy {
	if c == nil {
		return nil
	}
	return c.decoys
}

// Version changes whenever a decoy does.
func (c *Catalogue) Version() string {
	if c == nil {
		return ""
	}
	return c.version
}

// ByID gives the decoy of an id.
func (c *Catalogue) ByID(id string) (*Decoy, bool) {
	if c == nil {
		return nil, false
	}
	d, ok := c.byID[id]
	return d, ok
}

// Find gives the decoy that a request touches: exact paths before prefixes,
// longer prefixes before shorter, decoys for some hosts or methods before
// those for all. The path is as requested, without the query. A decoy that is
// meant for some hosts is not found when the host is unknown (empty). Find
// does not allocate for paths up to 1 kB, and an ordinary path costs about
// 20 ns.
func (c *Catalogue) Find(host, method, path []byte) (*Decoy, bool) {
	if c == nil || len(path) == 0 {
		return nil, false
	}
	if path[0] == '/' && c.plain.plain(path) {
		if !c.possible(path) {
			return nil, false
		}
		return c.find(host, method, path, path)
	}
	var cleanBuffer, foldedBuffer [1024]byte
	clean := AppendClean(cleanBuffer[:0], path)
	folded := appendFolded(foldedBuffer[:0], clean)
	if len(folded) == 0 || !c.possible(folded) {
		return nil, false
	}
	return c.find(host, method, clean, folded)
}

// possible may be wrong when it says yes, never when it says no.
func (c *Catalogue) possible(folded []byte) bool {
	last := folded[len(folded)-1]
	if c.all || c.shapes[len(folded)%64][last/64]&(1<<(last%64)) != 0 {
		return true
	}
	if len(folded) < 2 {
		return false
	}
	return c.heads[folded[1]/64]&(1<<(folded[1]%64)) != 0
}

func (c *Catalogue) find(host, method, clean, folded []byte) (*Decoy, bool) {
	for _, candidate := range c.exact[string(folded)] {
		if candidate.matches(host, method, clean, len(clean)) {
			return candidate.decoy, true
		}
	}
	for i := range c.prefixes {
		p := &c.prefixes[i]
		if len(folded) >= len(p.folded) && string(folded[:len(p.folded)]) == p.folded &&
			p.matches(host, method, clean, len(p.folded)) {
			return p.decoy, true
		}
	}
	return nil, false
}

// matches checks what the folded path does not tell. n is how many bytes of
// the path the catalogue names.
func (c *candidate) matches(host, method, clean []byte, n int) bool {
	d := c.decoy
	if d.CaseSensitive && string(clean[:n]) != c.path[:n] {
		return false
	}
	return (len(d.Methods) == 0 || containsMethod(d.Methods, method)) &&
		(len(d.Hosts) == 0 || containsHost(d.Hosts, host))
}

func containsMethod(methods []string, method []byte) bool {
	for _, m := range methods {
		if m == string(method) {
			return true
		}
	}
	return false
}

func containsHost(hosts []string, host []byte) bool {
	host = bareHost(host)
	for _, h := range hosts {
		if h[0] != '*' && equalFold(host, h) {
			return true
		}
		if h[0] == '*' && len(host) >= len(h) && equalFold(host[len(host)-len(h)+1:], h[1:]) {
			return true
		}
	}
	return false
}

// bareHost drops the port and the final dot.
func bareHost(host []byte) []byte {
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && bytes.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	return bytes.TrimSuffix(host, []byte("."))
}

func equalFold(a []byte, lower string) bool {
	if len(a) != len(lower) {
		return false
	}
	for i, c := range a {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
