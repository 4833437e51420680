package event

import (
	"net/netip"
	"slices"
)

// text is a column of byte strings stored back to back. A column shorter than
// its batch is unknown in the rows that it lacks.
type text struct {
	data []byte
	ends []uint32
}

func (c *text) set(row int, v []byte) {
	c.pad(row)
	c.data = append(c.data, v...)
	c.ends = append(c.ends, uint32(len(c.data)))
}

func (c *text) setString(row int, v string) {
	c.pad(row)
	c.data = append(c.data, v...)
	c.ends = append(c.ends, uint32(len(c.data)))
}

func (c *text) pad(rows int) {
	if len(c.ends) > rows {
		c.truncate(rows)
	}
	for len(c.ends) < rows {
		c.ends = append(c.ends, uint32(len(c.data)))
	}
}

func (c *text) at(row int) []byte {
	if row >= len(c.ends) {
		return nil
	}
	start := uint32(0)
	if row > 0 {
		start = c.ends[row-1]
	}
	return c.data[start:c.ends[row]:c.ends[row]]
}

func (c *text) truncate(rows int) {
	if len(c.ends) <= rows {
		return
	}
	c.ends = c.ends[:rows]
	c.data = c.data[:c.used()]
}

// grow makes room for so many bytes and rows more.
func (c *text) grow(bytes, rows int) {
	c.data, c.ends = slices.Grow(c.data, bytes), slices.Grow(c.ends, rows)
}

func (c *text) used() int {
	if len(c.ends) == 0 {
		return 0
	}
	return int(c.ends[len(c.ends)-1])
}

// dense is a column of fixed-size values; blank stands for unknown.
type dense[T any] struct{ values []T }

func (c *dense[T]) set(row int, v, blank T) {
	c.pad(row, blank)
	c.values = append(c.values, v)
}

func (c *dense[T]) pad(rows int, blank T) {
	if len(c.values) > rows {
		c.values = c.values[:rows]
	}
	for len(c.values) < rows {
		c.values = append(c.values, blank)
	}
}

func (c *dense[T]) at(row int, blank T) T {
	if row >= len(c.values) {
		return blank
	}
	return c.values[row]
}

func (c *dense[T]) truncate(rows int) {
	c.values = c.values[:min(rows, len(c.values))]
}

// Addr is an IP address as the batch holds it: 16 bytes, IPv4 in its mapped
// form, all zero for unknown.
type Addr [16]byte

// v4Prefix begins the mapped form of an IPv4 address.
var v4Prefix = [12]byte{10: 0xff, 11: 0xff}

// AddrFrom converts an address; the zone is dropped, IPv4-mapped and plain
// IPv4 give the same Addr, and an invalid address gives the unknown Addr.
func AddrFrom(a netip.Addr) Addr {
	if !a.IsValid() {
		return Addr{}
	}
	return a.As16()
}

// Netip converts back; IPv4-mapped addresses come out as IPv4. The unknown
// Addr gives the invalid netip.Addr.
func (a Addr) Netip() netip.Addr {
	if a == (Addr{}) {
		return netip.Addr{}
	}
	return netip.AddrFrom16(a).Unmap()
}
