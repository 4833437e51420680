package auth

import (
	"net/netip"
	"sync"
	"time"
)

// Attempts limits failed attempts of each address: after Burst failures an
// address is refused until failures have run off, one every Every. IPv6
// addresses count by /64. It holds a bounded number of addresses.
//
// All methods are safe for concurrent use.
type Attempts struct {
	burst int
	every time.Duration
	limit int

	mu     sync.Mutex
	failed map[netip.Prefix]time.Time // when the last failure will have run off
}

// NewAttempts makes a limiter that remembers at most limit addresses.
func NewAttempts(burst int, every time.Duration, limit int) *Attempts {
	return &Attempts{burst: burst, every: every, limit: limit, failed: map[netip.Prefix]time.Time{}}
}

// Allowed tells whether an address may try now, and if not, after which time
// it may.
func (a *Attempts) Allowed(addr netip.Addr, now time.Time) (ok bool, after time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	free := a.failed[network(addr)].Add(-time.Duration(a.burst-1) * a.every)
	return !free.After(now), max(0, free.Sub(now))
}

// Failed counts a failure. When there are too many addresses to remember, one
// that is nearest to being forgotten makes room.
func (a *Attempts) Failed(addr netip.Addr, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := network(addr)
	until, known := a.failed[key]
	if !known && len(a.failed) >= a.limit {
		a.makeRoom(now)
	}
	if until.Before(now) {
		until = now
	}
	// Attempts that were under way when the limit was reached may not lengthen
	// the wait beyond twice the burst.
	a.failed[key] = earlier(until.Add(a.every), now.Add(2*time.Duration(a.burst)*a.every))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (a *Attempts) makeRoom(now time.Time) {
	var oldest netip.Prefix
	for key, until := range a.failed {
		if !until.After(now) {
			delete(a.failed, key)
			continue
		}
		if !oldest.IsValid() || until.Before(a.failed[oldest]) {
			oldest = key
		}
	}
	if len(a.failed) >= a.limit {
		delete(a.failed, oldest)
	}
}

// network is what an address counts by. The invalid address counts as one.
func network(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked()
	}
	return netip.PrefixFrom(addr, addr.BitLen())
}
