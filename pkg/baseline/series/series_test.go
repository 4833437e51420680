package series

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) // a full hour

func at(d time.Duration) int64 { return start.Add(d).UnixNano() }

// line is a request; what is zero has a default.
type line struct {
	at                                           time.Duration
	client, user, session, application, network  string
	method, route, path, query, host, api, owner string
	status                                       int64
	in, out, duration                            int64
	headers, contentType, agent                  string
	kind                                         string // of the user: "key", "token"
}

func (l line) write(b *event.Batch, n int) {
	text := func(f event.TextField, v, otherwise string) {
		if v == "" {
			v = otherwise
		}
		b.SetString(f, v)
	}
	amount := func(f event.NumberField, v int64) {
		if v > 0 {
			b.SetNumber(f, v)
		}
	}
	b.SetNumber(event.Time, at(l.at))
	b.SetNumber(event.Offset, int64(100*n))
	b.SetNumber(event.Line, int64(n+1))
	if l.client != "" {
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(l.client))
	}
	if l.kind != "" {
		b.SetString(event.PrincipalKind, l.kind)
		b.SetString(event.Principal, l.user)
	} else {
		b.SetString(event.User, l.user)
	}
	text(event.Method, l.method, "GET")
	b.SetString(event.Route, l.route)
	text(event.Path, l.path, l.route)
	b.SetString(event.Query, l.query)
	b.SetString(event.Host, l.host)
	b.SetString(event.API, l.api)
	b.SetString(event.Session, l.session)
	b.SetString(event.Application, l.application)
	b.SetString(event.Network, l.network)
	b.SetString(event.HeaderSignature, l.headers)
	b.SetString(event.ContentType, l.contentType)
	b.SetString(event.UserAgent, l.agent)
	if l.owner != "" {
		b.SetString(event.Tags, "pci, owner:"+l.owner)
	}
	status := l.status
	if status == 0 {
		status = 200
	}
	amount(event.Status, status)
	amount(event.RequestBytes, l.in)
	amount(event.ResponseBytes, l.out)
	amount(event.Duration, l.duration)
	b.EndRow()
}

// batchOf is lines of a source, whose gateway is called as it is.
func batchOf(source string, lines ...line) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: source, Gateway: "gw-" + source, File: "00000000000000aa", Path: "/var/log/" + source + ".log"}}
	for i, l := range lines {
		l.write(b, i)
	}
	return b
}

// told is what of a minute outlives it, as text, and as values.
type minute struct {
	start   time.Duration // since start
	rows    map[string]Row
	order   []string
	firsts  []First
	evicted []int32
}

// name is that of a series.
func name(k *Key) string {
	if k.API != "" {
		return fmt.Sprintf("%s %s %s", k.Dimension, k.API, k.Name)
	}
	return fmt.Sprintf("%s %s", k.Dimension, k.Name)
}

// keep copies a minute.
func keep(m *Minute) minute {
	kept := minute{
		start: time.Duration(m.Start - start.UnixNano()), rows: map[string]Row{}, firsts: slices.Clone(m.Firsts), evicted: slices.Clone(m.Evicted),
	}
	m.Each(func(row *Row) {
		row.Explain()
		r := *row
		r.Top = slices.Clone(r.Top)
		for _, s := range []**Single{&r.Largest, &r.LargestRequest} {
			if *s != nil {
				one := **s
				*s = &one
			}
		}
		kept.rows[name(r.Key)] = r
		kept.order = append(kept.order, name(r.Key))
	})
	return kept
}

// gathered is a table, and the minutes that it told.
type gathered struct {
	*Table
	minutes []minute
}

func newGathered(o Options) *gathered { return &gathered{Table: New(o)} }

func (g *gathered) take(m *Minute) { g.minutes = append(g.minutes, keep(m)) }

// all adds a batch whole, at the time of its last record.
func (g *gathered) all(b *event.Batch, refused ...int) {
	g.Add(b, 0, b.Rows(), refused, b.Number(event.Time, b.Rows()-1), g.take)
}

// until lets time go on without records.
func (g *gathered) until(d time.Duration) {
	for now := max(g.clock.told, at(-time.Minute)); now < at(d); now += int64(time.Second) {
		g.Close(now, g.take)
	}
}

// minute is the one that began so long after start.
func (g *gathered) of(t *testing.T, begin time.Duration) minute {
	t.Helper()
	for _, m := range g.minutes {
		if m.start == begin {
			return m
		}
	}
	t.Fatalf("minute %v was not told; told were %d", begin, len(g.minutes))
	return minute{}
}

// row is a series' of a minute.
func (m minute) row(t *testing.T, name string) Row {
	t.Helper()
	r, ok := m.rows[name]
	if !ok {
		t.Fatalf("no row %q among %q", name, m.order)
	}
	return r
}

// text writes a minute with all that it tells.
func (m minute) text() string {
	var s bytes.Buffer
	fmt.Fprintf(&s, "%v evicted %v\n", m.start, m.evicted)
	for _, n := range m.order {
		r := m.rows[n]
		fmt.Fprintf(&s, "%s #%d %+v %v %v top %v", n, r.Series, *r.Key, r.Values, r.Weights, r.Top)
		for _, one := range []*Single{r.Largest, r.LargestRequest} {
			if one != nil {
				fmt.Fprintf(&s, " largest %d %v %v %v %+v", one.Bytes, one.Principal, one.Address, *one.Route, one.Sighting)
			}
		}
		s.WriteByte('\n')
	}
	for _, f := range m.firsts {
		fmt.Fprintf(&s, "first %s %s %d %d %d %v %+v\n", f.Kind, f.Method, f.Refusals, f.Requests, f.Since, f.Actor(), f.Sighting)
	}
	return s.String()
}

func texts(minutes []minute) string {
	var s bytes.Buffer
	for _, m := range minutes {
		s.WriteString(m.text())
	}
	return s.String()
}

// want compares values; NaN is as good as NaN.
func want(t *testing.T, r Row, values map[Measure]float64) {
	t.Helper()
	for m, v := range values {
		if got := r.Values[m]; got != v && !(math.IsNaN(got) && math.IsNaN(v)) && math.Abs(got-v) > 1e-9 {
			t.Errorf("%s: %s is %v, want %v", name(r.Key), m, got, v)
		}
	}
}

var nan = math.NaN()
