package store

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Neighbouring rows have the same address or flags more often than not: they
// are parsed once.

type addressMemo struct {
	text []byte
	addr event.Addr
}

func (m *addressMemo) parse(text []byte) (event.Addr, error) {
	if string(text) == string(m.text) {
		return m.addr, nil
	}
	var addr netip.Addr
	if len(text) > 0 {
		var err error
		if addr, err = netip.ParseAddr(string(text)); err != nil {
			return event.Addr{}, fmt.Errorf("an address in the store: %w", err)
		}
	}
	m.text, m.addr = append(m.text[:0], text...), event.AddrFrom(addr)
	return m.addr, nil
}

type flagsMemo struct {
	text  []byte
	flags event.Flags
}

// parse reads the names of flags with commas between them. A name of a later
// version is none.
func (m *flagsMemo) parse(text []byte) event.Flags {
	if string(text) == string(m.text) {
		return m.flags
	}
	m.text, m.flags = append(m.text[:0], text...), 0
	for name := range strings.SplitSeq(string(text), ",") {
		m.flags |= flagOf(name)
	}
	return m.flags
}

func flagOf(name string) event.Flags {
	for f := event.Flags(1); ; f <<= 1 {
		names := f.Names()
		if len(names) == 0 {
			return 0
		}
		if names[0] == name {
			return f
		}
	}
}
