package match

import (
	"bytes"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/payload/unfold"
)

// record is one row as rules see it: every column with its values, raw and
// decoded, made when they are asked for. It is scratch for one goroutine, and
// what it hands out is valid until the next turn.
type record struct {
	batch    *event.Batch
	row      int
	raw      bool // no decoded forms, no analysers
	stamp    uint64
	sights   [columnCount]sight
	arena    []byte // texts that were made for this row
	unfolder unfold.Unfolder
	analyst  analyst
}

// sight is what a column is seen as; it is of the row with the same stamp.
type sight struct {
	stamp  uint64
	values []value
	own    []value // room for values that are made here
}

// value is one text that a column is seen as.
type value struct {
	text    []byte // never empty
	folded  []byte // its lower case, once somebody asked
	decoded bool   // it is a decoded form
}

// turn goes to a row.
func (r *record) turn(b *event.Batch, row int) {
	r.batch, r.row = b, row
	r.stamp++
	r.arena = r.arena[:0]
}

// values are the texts of a column: none when it is unknown, the raw ones
// before the decoded ones. The slice belongs to the record.
func (r *record) values(c column) []value {
	s := &r.sights[c]
	if s.stamp != r.stamp {
		s.own = r.look(c, s.own[:0])
		s.values, s.stamp = s.own, r.stamp
	}
	return s.values
}

// adopt gives a column values that are known already.
func (r *record) adopt(c column, values []value) {
	r.sights[c].values, r.sights[c].stamp = values, r.stamp
}

// known tells whether a column has a value.
func (r *record) known(c column) bool {
	switch c.shape() {
	case numberShape, timeShape:
		_, ok := numberOf(r.batch, r.row, c)
		return ok
	case addrShape:
		return r.batch.Addr(c.addr(), r.row).IsValid()
	}
	return len(r.values(c)) > 0
}

// look appends the values of a column.
func (r *record) look(c column, dst []value) []value {
	switch c.shape() {
	case textShape:
		return r.lookText(c, dst)
	case listShape:
		return lookList(dst, r.batch.Text(c.text(), r.row))
	case flagsShape:
		return lookFlags(dst, r.batch.Flags(r.row))
	case attackShape:
		return r.lookAttacks(c, dst)
	}
	start := len(r.arena)
	r.arena = appendRaw(r.arena, r.batch, r.row, c)
	return appendValue(dst, r.arena[start:], false)
}

func (r *record) lookText(c column, dst []value) []value {
	switch c {
	case targetColumn:
		return r.lookTarget(dst)
	case urlColumn, requestColumn:
		return r.lookAround(c, dst)
	case extensionColumn:
		for _, v := range r.values(textColumn(event.Path)) {
			dst = appendValue(dst, extension(v.text), v.decoded)
		}
		return dst
	}
	raw := r.batch.Text(c.text(), r.row)
	dst = appendValue(dst, raw, false)
	for _, form := range r.forms(c, raw) {
		dst = appendValue(dst, r.keep(form), true)
	}
	return dst
}

// forms are the decoded forms of a column's text, valid until the next call.
func (r *record) forms(c column, raw []byte) [][]byte {
	switch {
	case r.raw || len(raw) == 0 || !c.hostile():
		return nil
	case c == textColumn(event.Query):
		return r.unfolder.QueryForms(raw)
	}
	return r.unfolder.Forms(raw)
}

// lookTarget joins path and query: the raw ones, and each of their forms with
// the form of the other that was decoded as often. What has fewer forms goes
// on with its last.
func (r *record) lookTarget(dst []value) []value {
	paths, queries := r.values(textColumn(event.Path)), r.values(textColumn(event.Query))
	if len(queries) == 0 {
		return append(dst, paths...)
	}
	for i := range max(len(paths), len(queries)) {
		start := len(r.arena)
		r.arena = appendTarget(r.arena, nth(paths, i), nth(queries, i))
		dst = appendValue(dst, r.arena[start:], i > 0)
	}
	return dst
}

// nth is the i-th text, or the last one.
func nth(values []value, i int) []byte {
	if len(values) == 0 {
		return nil
	}
	return values[min(i, len(values)-1)].text
}

// lookAround puts host, or method and protocol, around each form of the target.
func (r *record) lookAround(c column, dst []value) []value {
	host := r.batch.Text(event.Host, r.row)
	if c == urlColumn && len(host) == 0 {
		return dst
	}
	targets := r.values(targetColumn)
	for i := range max(1, len(targets)) {
		start := len(r.arena)
		if c == urlColumn {
			r.arena = append(append(r.arena, host...), nth(targets, i)...)
		} else {
			r.arena = appendRequest(r.arena, r.batch, r.row, nth(targets, i))
		}
		dst = appendValue(dst, r.arena[start:], i > 0)
	}
	return dst
}

// lookFlags takes the names of flags.
func lookFlags(dst []value, flags event.Flags) []value {
	for i, name := range flagNames {
		if flags&(1<<i) != 0 {
			dst = appendValue(dst, name, false)
		}
	}
	return dst
}

// lookList takes the texts between commas.
func lookList(dst []value, list []byte) []value {
	for len(list) > 0 {
		item, rest, _ := bytes.Cut(list, []byte{','})
		dst = appendValue(dst, bytes.TrimSpace(item), false)
		list = rest
	}
	return dst
}

// keep copies a text so that it lives as long as the row.
func (r *record) keep(v []byte) []byte {
	start := len(r.arena)
	r.arena = append(r.arena, v...)
	return r.arena[start:len(r.arena):len(r.arena)]
}

func appendValue(dst []value, text []byte, decoded bool) []value {
	if len(text) == 0 {
		return dst
	}
	return append(dst, value{text: text, decoded: decoded})
}

// addresses appends the addresses that a column holds: its own, or those that
// its raw texts are, a list of them too.
func (r *record) addresses(dst []netip.Addr, c column) []netip.Addr {
	if c.shape() == addrShape {
		if a := r.batch.Addr(c.addr(), r.row); a.IsValid() {
			dst = append(dst, a)
		}
		return dst
	}
	for _, v := range r.values(c) {
		for list := v.text; len(list) > 0 && !v.decoded; {
			item, rest, _ := bytes.Cut(list, []byte{','})
			if a, ok := address(bytes.TrimSpace(item)); ok {
				dst = append(dst, a)
			}
			list = rest
		}
	}
	return dst
}

// maxAddress is the length of the longest text that is an address.
const maxAddress = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// address reads a text as an address, IPv4 in IPv6 as IPv4.
func address(v []byte) (netip.Addr, bool) {
	if len(v) == 0 || len(v) > maxAddress {
		return netip.Addr{}, false
	}
	for _, c := range v {
		if c != '.' && c != ':' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return netip.Addr{}, false
		}
	}
	a, err := netip.ParseAddr(string(v))
	return a.Unmap(), err == nil
}

// network is a prefix as addresses are compared with it: one of IPv4 in IPv6
// is one of IPv4.
func network(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}
