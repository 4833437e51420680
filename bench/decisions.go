package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const partDecisions = "decisions"

// sizes are numbers of blocks.
var sizes = []int{1_000, 10_000, 100_000, 1_000_000}

// decisions is what one decision costs with so many blocks held, and what it
// costs to hold them.
type decisions struct {
	Blocks        int     `json:"blocks"`
	Mixed         bool    `json:"mixed"`                 // of many scopes; otherwise all on addresses
	Nanoseconds   float64 `json:"nanoseconds"`           // a decision about one of a thousand clients, half of them refused
	Passing       float64 `json:"nanoseconds_passing"`   // about one of a thousand clients, hardly one of them refused
	AnyClient     float64 `json:"nanoseconds_scattered"` // about clients from all over the address space, seldom the same
	MemoryWait    float64 `json:"nanoseconds_memory"`    // one read from anywhere in 64 MB, for comparison with a scattered decision
	BytesPerBlock float64 `json:"bytes_per_block"`       // without what is remembered of clients, 2 MB where secrets are blocked
	ChangeMicros  float64 `json:"change_us"`             // a delta applied
	WriteMillis   float64 `json:"snapshot_write_ms"`     // of all blocks
	ReadMillis    float64 `json:"snapshot_read_ms"`
}

const decisionColumns = "\nblocks\tns a decision\tns, passing\tns, scattered\tns, memory\tbytes a block\tµs a change\tms snapshot\tms to read it"

func (d *decisions) columns() string {
	name := fmt.Sprint(d.Blocks)
	if d.Mixed {
		name += " mixed"
	}
	return fmt.Sprintf("%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.1f\t%.0f\t%.0f", name, d.Nanoseconds, d.Passing, d.AnyClient, d.MemoryWait,
		d.BytesPerBlock, d.ChangeMicros, d.WriteMillis, d.ReadMillis)
}

func measureDecisions(ctx context.Context) ([]decisions, error) {
	var results []decisions
	for _, n := range sizes {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		d, err := measureSet(n)
		if err != nil {
			return nil, err
		}
		results = append(results, d)
	}
	mixed, err := measureMixed(sizes[len(sizes)-1])
	return append(results, mixed), err
}

// measureSet measures blocks on addresses.
func measureSet(n int) (decisions, error) {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	return measureHeld(n, false, addressTarget, func(among int, refused bool) asker {
		clients := make([]netip.Addr, among)
		for i := range clients {
			at := uint32(random.IntN(2 * n))
			if !refused {
				at |= 1
			}
			clients[i] = client(at)
		}
		return func(i int, r *block.Request) { r.Client = clients[i%among] }
	})
}

// asker makes request i of many, in the place of the one before.
type asker func(i int, r *block.Request)

// measureHeld fills a replica as an agent has it and asks it. Every second
// request of a list is one that is refused, or none is.
func measureHeld(n int, mixed bool, target func(i int) (block.Target, error), of func(among int, refused bool) asker) (decisions, error) {
	d := decisions{Blocks: n, Mixed: mixed}
	r, bytes, err := weighed(n, target)
	if err != nil {
		return d, err
	}
	d.BytesPerBlock = bytes
	d.MemoryWait = memoryWait()
	if d.Nanoseconds, err = timeDecisions(r, of(1_000, true), 0.5); err != nil {
		return d, err
	}
	if d.Passing, err = timeDecisions(r, of(1_000, false), 0); err != nil {
		return d, err
	}
	if d.AnyClient, err = timeDecisions(r, of(1<<16, true), 0.5); err != nil {
		return d, err
	}
	if d.WriteMillis, d.ReadMillis, err = timeSnapshot(r.Sets()[block.All]); err != nil {
		return d, err
	}
	d.ChangeMicros, err = timeChanges(r, n, target)
	return d, err
}

// timeDecisions asks again and again; such a share is to be refused.
func timeDecisions(r *block.Replica, ask asker, share float64) (nanoseconds float64, err error) {
	const asked = 1 << 21
	refused := 0
	var request block.Request
	took := busy(func() {
		for i := range asked {
			ask(i, &request)
			if r.Decide(&request, time.Minute).Denied() {
				refused++
			}
		}
	})
	if off := float64(refused)/asked - share; off < -share/5 || off > 0.01+share/5 {
		return 0, fmt.Errorf("%d of %d requests were refused, expected a share of %v", refused, asked, share)
	}
	return float64(took.Nanoseconds()) / asked, nil
}

// timeChanges puts new blocks and takes old ones away, as deltas do.
func timeChanges(r *block.Replica, n int, target func(i int) (block.Target, error)) (micros float64, err error) {
	const changes = 1 << 14
	deltas := make([]block.Delta, changes)
	for i := range deltas {
		at, removed := n+i, i%2 == 1
		if removed {
			at = i / 2 * max(1, n/changes) % n // of those that are held
		}
		if deltas[i], err = deltaOf(at, target); err != nil {
			return 0, err
		}
		deltas[i].Revision, deltas[i].Removed = uint64(n+i+1), removed
	}
	took := busy(func() {
		for _, d := range deltas {
			r.Apply(block.All, d, 0)
		}
	})
	if got := r.Versions()[block.All].Revision; got != uint64(n+changes) {
		return 0, fmt.Errorf("after %d changes to %d blocks the revision is %d", changes, n, got)
	}
	return float64(took.Nanoseconds()) / 1e3 / changes, nil
}

// timeSnapshot writes a set as an agent does for its disk, and reads it as one
// does when it starts.
func timeSnapshot(set *block.Set) (write, read float64, err error) {
	var data []byte
	var loaded *block.Set
	write = millis(busy(func() { data = block.AppendSnapshot(nil, set, 0) }))
	read = millis(busy(func() { loaded, err = block.ReadSnapshot(data, 0, 0) }))
	if err == nil && loaded.Version() != set.Version() {
		err = fmt.Errorf("a snapshot of %+v was read as %+v", set.Version(), loaded.Version())
	}
	return write, read, err
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// memoryWait is how long it takes to read what lies anywhere in 64 MB, each
// place known only after the read before.
func memoryWait() (nanoseconds float64) {
	const words, reads = 1 << 23, 1 << 20
	memory := make([]uint64, words)
	for i := range memory {
		memory[i] = uint64(i) * 2_654_435_761
	}
	at := uint64(1)
	took := busy(func() {
		for range reads {
			at = at*6_364_136_223_846_793_005 + memory[at>>32%words]
		}
	})
	runtime.KeepAlive(at)
	return float64(took.Nanoseconds()) / reads
}

// busy is the processor time that f takes on this thread: on a machine that
// others use too, a clock on the wall tells how long they took. What the
// garbage collector does meanwhile on other threads is not in it.
func busy(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := threadTime()
	f()
	return threadTime() - began
}

func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(fmt.Sprintf("the kernel does not tell the time of a thread: %v", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// client scatters numbers over the address space; even ones are blocked.
func client(i uint32) netip.Addr {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], i*2_654_435_761) // odd, so no two are the same
	return netip.AddrFrom4(a)
}

func addressTarget(i int) (block.Target, error) {
	return block.AddressTarget(client(uint32(2 * i))), nil
}

func replicaOf(n int, target func(i int) (block.Target, error)) (*block.Replica, error) {
	var b block.Builder
	for i := range n {
		d, err := deltaOf(i, target)
		if err != nil {
			return nil, err
		}
		b.Add(d, 0)
	}
	r := block.NewReplica()
	r.SetKeys(block.All, []block.MatchKey{matchKey()})
	r.Load(block.All, b.Set(uint64(n)), 0)
	return r, nil
}

// weighed makes a replica, and tells what a block takes in it: of as many that
// other garbage, which comes and goes meanwhile, weighs little beside them.
func weighed(n int, target func(i int) (block.Target, error)) (r *block.Replica, bytesPerBlock float64, err error) {
	const least = 1 << 18 // blocks
	replicas := make([]*block.Replica, max(1, least/n))
	before := inUse()
	for i := range replicas {
		if replicas[i], err = replicaOf(n, target); err != nil {
			return nil, 0, err
		}
	}
	taken := int64(inUse()) - int64(before)
	r = replicas[len(replicas)-1]
	runtime.KeepAlive(replicas)
	return r, float64(taken) / float64(len(replicas)*n), nil
}

func deltaOf(i int, target func(i int) (block.Target, error)) (block.Delta, error) {
	t, err := target(i)
	return block.Delta{
		Revision: uint64(i + 1), Target: t, ID: block.ID(i + 1), Left: time.Hour, Action: block.Deny, Mode: block.Enforce,
	}, err
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
