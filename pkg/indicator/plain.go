package indicator

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// maxLine bounds the lines of plain lists and CSV, in bytes.
const maxLine = 16 << 10

// lines calls visit with each line, without its end.
func (r *reader) lines(visit func(number int, line string)) {
	number := 0
	for rest := r.data; len(rest) > 0; {
		number++
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		if len(line) > maxLine {
			r.refuse(place{number, 1}, fmt.Errorf("the line is longer than %d bytes", maxLine))
			continue
		}
		visit(number, string(bytes.TrimSuffix(line, []byte("\r"))))
	}
}

// plain reads a list with a value a line. Comments begin with #, ;, // or !,
// also behind a value and a space. What stands behind a value is passed over;
// in a hosts file the name counts.
func (r *reader) plain() error {
	r.lines(func(number int, line string) {
		value := strings.TrimSpace(line)
		if value == "" || isComment(value) {
			return
		}
		at := place{number, strings.Index(line, value) + 1}
		kind := r.options.Kind
		if kind == UserAgent || kind == UserAgentPattern {
			r.take(at, entry{Indicator: Indicator{Kind: kind, Value: value}})
			return
		}
		r.listed(at, withoutComment(value))
	})
	return nil
}

func isComment(line string) bool {
	return line[0] == '#' || line[0] == ';' || line[0] == '!' || strings.HasPrefix(line, "//")
}

func withoutComment(line string) string {
	for i := 1; i < len(line); i++ {
		if (line[i-1] == ' ' || line[i-1] == '\t') && isComment(line[i:]) {
			return strings.TrimSpace(line[:i])
		}
	}
	return line
}

// listed takes the value of a line.
func (r *reader) listed(at place, line string) {
	kind := r.options.Kind
	if from, to, ok := rangeOf(line); ok && (kind == AnyKind || kind == Address) {
		r.takeRange(at, from, to)
		return
	}
	fields := strings.Fields(line)
	value := fields[0]
	if len(fields) > 1 && isHostsAddress(value) && kind != Address {
		kind, value = Domain, fields[1]
		at.column += strings.Index(line, value)
		if isLocalName(value) {
			r.report.LeftOut[leftContext]++
			return
		}
	}
	k, err := keyOf(kind, strings.Trim(value, `"'`))
	if err != nil {
		hint := ""
		if strings.ContainsAny(value, ",;") {
			hint = "for a table, set format: csv"
		}
		r.refuseWith(at, err, hint)
		return
	}
	r.takeKey(at, &entry{}, k)
}

// isHostsAddress tells whether a hosts file sends names into the void by it.
func isHostsAddress(value string) bool {
	switch value {
	case "0.0.0.0", "127.0.0.1", "::", "::1":
		return true
	}
	return false
}

// isLocalName tells whether a hosts file has a name for its own host.
func isLocalName(name string) bool {
	return name == "0.0.0.0" || name == "broadcasthost" || name == "local" || strings.HasPrefix(name, "localhost") || strings.HasPrefix(name, "ip6-")
}

// rangeOf reads "192.0.2.0-192.0.2.255", with or without spaces.
func rangeOf(line string) (from, to netip.Addr, ok bool) {
	first, last, ok := strings.Cut(line, "-")
	if !ok {
		return from, to, false
	}
	last, _, _ = strings.Cut(strings.TrimSpace(last), " ")
	from, err := netip.ParseAddr(strings.TrimSpace(first))
	if err != nil {
		return from, to, false
	}
	to, err = netip.ParseAddr(strings.TrimSpace(last))
	return from, to, err == nil
}

// takeRange takes a range of addresses as the prefixes that make it up.
func (r *reader) takeRange(at place, from, to netip.Addr) {
	from, to = from.Unmap(), to.Unmap()
	if from.BitLen() != to.BitLen() || to.Less(from) {
		r.refuse(at, errors.New("a range that ends before it begins"))
		return
	}
	for {
		p := widestFrom(from, to)
		r.takeKey(at, &entry{}, prefixKey(p))
		last := lastOf(p)
		if from = last.Next(); last == to || !from.IsValid() {
			return
		}
	}
}

// widestFrom is the widest prefix that begins at an address and does not go
// past another.
func widestFrom(from, to netip.Addr) netip.Prefix {
	p := netip.PrefixFrom(from, from.BitLen())
	for p.Bits() > 0 {
		wider := netip.PrefixFrom(from, p.Bits()-1)
		if wider.Masked().Addr() != from || to.Less(lastOf(wider)) {
			break
		}
		p = wider
	}
	return p
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
