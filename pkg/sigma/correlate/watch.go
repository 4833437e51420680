package correlate

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// watch is a correlation with all that is remembered for it.
type watch struct {
	rule    *sigma.Correlation
	id      uint64 // of key and version, the same in every process
	order   int    // among the watches; those that it refers to come before it
	twin    int    // how many before it have its key and version
	span    int64
	takes   content
	once    bool // a record that several members match is one event
	measure measure
	rising  rising // one of both is set
	judged  judged
	parents []link
	groups  int
	salt    uint64      // of its groups' hashes in the table
	values  groupValues // of the group that is being raised
	key     []byte      // of the parent's group
	event   occurrence  // that is being added; correlations do not refer to themselves
	stats   CorrelationStats
}

// content is what a correlation takes from an event.
type content uint8

const (
	takesEvent    content = iota // that it was there
	takesIdentity                // which it was
	takesMember                  // which rule matched
	takesValue                   // what its fields hold
	takesNumber                  // which number its field holds
)

// link is a member of a correlation, as what the member refers to sees it.
type link struct {
	watch  *watch
	member int
	group  []int // where the values of group-by are: of the record, or of the child's group; -1: nowhere
	fields []int // where the values of the condition's fields are
	like   int   // which link of the same rule has the same group; -1: none before it
}

// source is where values come from: a Record, or a child's group.
type source interface{ Value(i int) []byte }

// maxSpan keeps sums of times in range: 4 years.
const maxSpan = math.MaxInt64 / 64

func newWatch(c *sigma.Correlation) *watch {
	sum := sha256.Sum256([]byte(c.Key() + "\x00" + c.Version))
	w := &watch{
		rule: c, id: binary.LittleEndian.Uint64(sum[:]), span: min(max(1, int64(c.Timespan)), maxSpan),
		stats: CorrelationStats{Correlation: c},
	}
	w.takes, w.once = contentOf(c)
	if rises(c.Bounds) && c.Type != sigma.ValueAvg && c.Type != sigma.ValuePercentile {
		w.rising = risingOf(c, w.takes, w.span)
		w.measure = w.rising
	} else {
		w.judged = judgedOf(c, w.takes, w.span)
		w.measure = w.judged
	}
	return w
}

// contentOf tells what a type takes, and whether a record counts once for all
// members. Matches of correlations are told again and again, so they are
// counted by what they are.
func contentOf(c *sigma.Correlation) (takes content, once bool) {
	switch c.Type {
	case sigma.Temporal, sigma.TemporalOrdered:
		return takesMember, false
	case sigma.ValueCount:
		return takesValue, true
	case sigma.ValueSum, sigma.ValueAvg:
		return takesNumber, true
	case sigma.ValuePercentile:
		if c.Percentile == 0 {
			return takesValue, true
		}
		return takesNumber, true
	}
	if slices.ContainsFunc(c.Members, func(m sigma.Member) bool { return m.Correlation != nil }) {
		return takesIdentity, false
	}
	return takesEvent, true
}

func risingOf(c *sigma.Correlation, takes content, span int64) rising {
	switch {
	case c.Type == sigma.TemporalOrdered:
		return newOrdered(span, need(c.Bounds, 1), len(c.Members))
	case c.Type == sigma.ValueSum:
		return newCounting(span, need(c.Bounds, thousandth), thousandth)
	case takes == takesEvent:
		return newCounting(span, need(c.Bounds, 1), 1)
	}
	return newDistinct(span, need(c.Bounds, 1))
}

func judgedOf(c *sigma.Correlation, takes content, span int64) judged {
	switch {
	case c.Type == sigma.TemporalOrdered:
		return newOrdered(span, 1, len(c.Members))
	case c.Type == sigma.ValuePercentile && takes == takesNumber:
		return percentile{p: c.Percentile}
	case c.Type == sigma.ValuePercentile:
		return shares{}
	case takes == takesNumber:
		return totals{unit: thousandth, average: c.Type == sigma.ValueAvg}
	case takes == takesEvent:
		return totals{unit: 1}
	}
	return newVariety(c.Bounds)
}

// repeats tells whether an event may be added again without being counted again.
func (w *watch) repeats() bool {
	return w.takes == takesIdentity || w.takes == takesMember || w.rule.Type == sigma.ValueCount
}

// key appends the group that an event of the source belongs to; it fails when
// a value is missing.
func (l *link) key(dst []byte, s source) ([]byte, bool) {
	for _, i := range l.group {
		v := at(s, i)
		if len(v) == 0 {
			return dst, false
		}
		dst = appendValue(dst, v)
	}
	return dst, true
}

func at(s source, i int) []byte {
	if i < 0 {
		return nil
	}
	return s.Value(i)
}

// fill takes what is counted from the source; it fails when that is missing.
func (l *link) fill(o *occurrence, s source, scratch *[]byte, k secret) bool {
	o.member, o.weight = l.member, 1
	switch l.watch.takes {
	case takesMember:
		o.value = uint64(l.member)
	case takesValue:
		return l.fillValue(o, s, scratch, k)
	case takesNumber:
		return l.fillNumber(o, s)
	}
	return true
}

func (l *link) fillValue(o *occurrence, s source, scratch *[]byte, k secret) bool {
	tuple := (*scratch)[:0]
	for _, i := range l.fields {
		v := at(s, i)
		if len(v) == 0 {
			return false
		}
		tuple = append(binary.AppendUvarint(tuple, uint64(len(v))), v...)
	}
	*scratch = tuple
	o.value = k.hash(tuple)
	return len(l.fields) > 0
}

func (l *link) fillNumber(o *occurrence, s source) bool {
	if len(l.fields) == 0 {
		return false
	}
	x, ok := parseNumber(at(s, l.fields[0]))
	if !ok || x < 0 && l.watch.rule.Type == sigma.ValueSum {
		return false
	}
	o.number, o.weight = x, int64(math.Round(max(-maxWeight, min(maxWeight, x*thousandth))))
	return true
}

// parseNumber reads a finite number.
func parseNumber(text []byte) (float64, bool) {
	if n, ok := parseDigits(text); ok {
		return float64(n), true
	}
	x, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	return x, err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}

// parseDigits reads what most numbers are.
func parseDigits(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 15 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// groupValues are the values of a child's group.
type groupValues struct {
	key    []byte
	bounds []int
}

// set reads a group's key.
func (v *groupValues) set(key string) {
	v.key, v.bounds = append(v.key[:0], key...), v.bounds[:0]
	for rest := key; rest != ""; {
		value, after, ok := cutValue(rest)
		if !ok {
			return
		}
		end := len(key) - len(after)
		v.bounds = append(v.bounds, end-len(value), end)
		rest = after
	}
}

// Value implements source.
func (v *groupValues) Value(i int) []byte {
	if 2*i >= len(v.bounds) {
		return nil
	}
	return v.key[v.bounds[2*i]:v.bounds[2*i+1]]
}

// own is a member's own name of a field that may be an alias.
func own(m *sigma.Member, field string) string {
	if name, ok := m.Aliases[field]; ok {
		return name
	}
	return field
}

// indexIn finds a field of a child's group.
func indexIn(fields []string, name string) int {
	return slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(f, name) })
}
