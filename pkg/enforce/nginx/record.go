package nginx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// maxChunk bounds a request to nginx, in bytes: it has to fit nginx's
// client_body_buffer_size.
const maxChunk = 512 << 10

// routesKey is the key under which all routes stand, of maxRoutes bytes at most.
const (
	routesKey = "routes"
	maxRoutes = maxChunk / 2
)

// records are what nginx is told, and what of it has to be known to tell
// more. A record is one of
//
//	S MILLISECONDS KEYLENGTH VALUELENGTH\nKEYVALUE   0 ms = it does not end
//	D KEYLENGTH\nKEY
//	M VALUELENGTH\nVALUE                             where to look, see meta
type records struct {
	holds   holds
	masks   [4]map[int]bool         // of list: lengths of prefixes that there are, or were since the last fill
	scopes  [2]map[block.Scope]bool // other scopes that there are, or were: of blocks, of exemptions
	routes  map[block.Target]route
	changes int                      // of the routes
	over    int                      // routes that did not fit
	exempt  map[string]time.Duration // when what is let pass under a key ends: several exemptions may share it
}

type route struct {
	path  string
	value string
	until time.Duration
}

// forget begins anew.
func (r *records) forget() {
	for i := range r.masks {
		r.masks[i] = map[int]bool{}
	}
	for i := range r.scopes {
		r.scopes[i] = map[block.Scope]bool{}
	}
	r.routes, r.exempt = map[block.Target]route{}, map[string]time.Duration{}
	r.changes++
}

// lists names the lists of masks: those of blocks and of exemptions, by the
// family of addresses.
var lists = [4]string{"4", "6", "x4", "x6"}

// meta is the record that tells where to look: the lengths of prefixes of each
// list, the longest first, the other scopes, and the version of the routes.
func (r *records) meta() []byte {
	var b strings.Builder
	for i, name := range lists {
		b.WriteString(name)
		for _, bits := range slices.Backward(slices.Sorted(maps.Keys(r.masks[i]))) {
			b.WriteString(" " + strconv.Itoa(bits))
		}
		b.WriteByte('\n')
	}
	for i, name := range [2]string{"s", "xs"} {
		b.WriteString(name)
		for _, s := range slices.Sorted(maps.Keys(r.scopes[i])) {
			b.WriteString(" " + string(s))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "r %d %d\n", r.changes, len(r.routes))
	return fmt.Appendf(nil, "M %d\n%s", b.Len(), b.String())
}

// key is where nginx looks for an entry, and takes note that it has to.
func (r *records) key(e *mirror.Entry, c block.Criterion) string {
	exempt, mark := 0, ""
	if e.Target.Exemption() {
		exempt, mark = 1, "x"
	}
	if !isAddress(c.Scope) {
		r.scopes[exempt][c.Scope] = true
		return mark + string(c.Scope) + ":" + c.Value
	}
	p := e.Target.Prefix()
	family, list := "4", 0
	if p.Addr().Is6() {
		family, list = "6", 1
	}
	r.masks[list+2*exempt][p.Bits()] = true
	return mark + family + "/" + strconv.Itoa(p.Bits()) + "/" + string(p.Addr().AsSlice()[:(p.Bits()+7)/8])
}

// writer writes records in requests of bounded size.
type writer struct {
	*records
	now    time.Duration
	send   func(body []byte) error
	body   []byte
	routed bool // the routes have changed
	err    error
}

func (r *records) writer(now time.Duration, send func(body []byte) error) *writer {
	return &writer{records: r, now: now, send: send}
}

func (w *writer) put(e *mirror.Entry) {
	c, ok := w.holds.criterion(e.Target)
	if !ok || e.Until <= w.now {
		return
	}
	if c.Scope == block.ScopeRoute {
		w.routes[e.Target] = route{c.Value, luaValue(e), e.Until}
		w.routed = true
		return
	}
	key := w.key(e, c)
	if e.Target.Exemption() {
		if w.exempt[key] > e.Until {
			return
		}
		w.exempt[key] = e.Until
	}
	w.set(key, luaValue(e), e.Until-w.now)
}

func (w *writer) remove(e *mirror.Entry) {
	c, ok := w.holds.criterion(e.Target)
	if !ok {
		return
	}
	if c.Scope == block.ScopeRoute {
		delete(w.routes, e.Target)
		w.routed = true
		return
	}
	key := w.key(e, c)
	w.add(fmt.Appendf(nil, "D %d\n%s", len(key), key))
}

func (w *writer) set(key, value string, left time.Duration) {
	w.add(fmt.Appendf(nil, "S %d %d %d\n%s%s", milliseconds(left), len(key), len(value), key, value))
}

// milliseconds is at least 1 for what ends, and 0 for what does not.
func milliseconds(left time.Duration) int64 {
	if left <= 0 {
		return 0
	}
	return max(1, left.Milliseconds())
}

// finish writes the routes, if they changed.
func (w *writer) finish() {
	if !w.routed {
		return
	}
	w.changes++
	w.over = 0
	var list []byte
	lasting := func(a, b route) int { return cmp.Or(cmp.Compare(b.until, a.until), strings.Compare(a.path, b.path)) }
	for _, r := range slices.SortedFunc(maps.Values(w.routes), lasting) {
		record := fmt.Appendf(nil, "R %d %d %d\n%s%s", milliseconds(max(1, r.until-w.now)), len(r.path), len(r.value), r.path, r.value)
		if len(list)+len(record) > maxRoutes {
			w.over++
			continue
		}
		list = append(list, record...)
	}
	w.set(routesKey, string(list), 0)
}

// add puts a record into the next request.
func (w *writer) add(record []byte) {
	if len(w.body)+len(record) > maxChunk {
		w.err = w.flush()
	}
	w.body = append(w.body, record...)
}

// flush sends what is there.
func (w *writer) flush() error {
	if w.err == nil && len(w.body) > 0 {
		w.err = w.send(w.body)
	}
	w.body = w.body[:0]
	return w.err
}

// luaValue is what the Lua module acts on: "deny ID", and behind it lines with
// status, content type and body of the answer; "flag ID" with name and value
// of the header; "throttle ID" with rate, burst and 1 where each client has a
// bucket of its own, and then as deny; "drop ID", "divert ID", "allow ID".
func luaValue(e *mirror.Entry) string {
	said := e.Action.String() + " " + e.ID.String()
	contentType, body := e.Terms.AnswerBody()
	answer := fmt.Sprintf("\n%d\n%s\n%s", e.Terms.AnswerStatus(e.Action), contentType, body)
	switch e.Action {
	case block.Flag:
		name, value := e.Terms.FlagHeader(e.ID)
		return said + "\n" + name + "\n" + value
	case block.Deny:
		return said + answer
	case block.Throttle:
		each := 0
		if e.Terms.Each {
			each = 1
		}
		return said + fmt.Sprintf("\n%g %d %d", e.Terms.Rate, e.Terms.BurstOrRate(), each) + answer
	default:
		return said
	}
}
