package geo

import (
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// maxKnown bounds the records whose reading is kept. The internet has some
// 80,000 networks.
const maxKnown = 1 << 17

// table is one database with what was read of its records.
type table struct {
	stamp  stamp
	reader *maxminddb.Reader
	read   func(r record) string

	mu    sync.RWMutex // for known
	known map[uintptr]string
}

// stamp tells one state of a file from another.
type stamp struct {
	path  string
	size  int64
	mtime time.Time
}

func openTable(path string, before *table, read func(record) string) (*table, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	now := stamp{path, info.Size(), info.ModTime()}
	if before != nil && before.stamp == now {
		return before, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (want a file in MaxMind's format, .mmdb)", path, err)
	}
	t := &table{stamp: now, reader: reader, read: read, known: map[uintptr]string{}}
	return t, t.probe()
}

// probe sees that the tree can be walked: a file that was cut has a header
// all the same.
func (t *table) probe() error {
	for _, a := range []string{"192.0.2.1", "8.8.8.8", "223.255.255.255", "2001:db8::1", "2a00::1"} {
		addr, err := netip.ParseAddr(a)
		if err != nil {
			return err
		}
		if addr.Is6() && t.reader.Metadata.IPVersion == 4 {
			continue
		}
		if err := t.reader.Lookup(addr).Err(); err != nil {
			return fmt.Errorf("%s is damaged: %w", t.stamp.path, err)
		}
	}
	return nil
}

func (t *table) of(a netip.Addr) string {
	if t == nil || a.Is6() && t.reader.Metadata.IPVersion == 4 {
		return ""
	}
	found := t.reader.Lookup(a)
	if found.Err() != nil || !found.Found() {
		return ""
	}
	at := found.Offset()
	t.mu.RLock()
	v, known := t.known[at]
	t.mu.RUnlock()
	if known {
		return v
	}
	v = t.read(record{found})
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) < maxKnown {
		t.known[at] = v
	}
	return v
}

// record is one record of a database.
type record struct{ maxminddb.Result }

// text reads a text, "" where there is none.
func (r record) text(path ...any) string {
	var v string
	if err := r.DecodePath(&v, path...); err != nil {
		return "" // something else stands there
	}
	return v
}

// number reads a number, 0 where there is none.
func (r record) number(path ...any) uint64 {
	var v uint64
	if err := r.DecodePath(&v, path...); err != nil {
		return 0
	}
	return v
}
