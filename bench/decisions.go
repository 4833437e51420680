package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const partDecisions = "decisions"

// sizes are numbers of blocks.
var sizes = []int{1_000, 10_000, 100_000, 1_000_000}

// decisions is what one decision costs with so many blocks held.
type decisions struct {
	Blocks        int     `json:"blocks"`
	Nanoseconds   float64 `json:"nanoseconds"`           // a decision about one of a thousand clients, half of them refused
	AnyClient     float64 `json:"nanoseconds_scattered"` // about clients from all over the address space, seldom the same
	BytesPerBlock float64 `json:"bytes_per_block"`
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
	return results, nil
}

// measureSet fills a replica as an agent has it and asks it.
func measureSet(n int) (decisions, error) {
	before := inUse()
	r, err := replicaOf(n)
	if err != nil {
		return decisions{}, err
	}
	d := decisions{Blocks: n, BytesPerBlock: float64(inUse()-before) / float64(n)}
	if d.Nanoseconds, err = timeDecisions(r, n, 1_000); err != nil {
		return d, err
	}
	d.AnyClient, err = timeDecisions(r, n, 1<<16)
	return d, err
}

// timeDecisions asks again and again about so many clients in random order,
// every second one of which is blocked.
func timeDecisions(r *block.Replica, blocks, among int) (nanoseconds float64, err error) {
	random := rand.New(rand.NewPCG(uint64(blocks), 1))
	clients := make([]netip.Addr, among)
	for i := range clients {
		clients[i] = client(uint32(random.IntN(2 * blocks)))
	}
	const asked = 1 << 21
	refused := 0
	began := time.Now()
	for i := range asked {
		if r.Decide(&block.Request{Client: clients[i%among]}, time.Minute).Denied() {
			refused++
		}
	}
	took := time.Since(began)
	if refused < asked*4/10 || refused > asked*6/10 {
		return 0, fmt.Errorf("%d of %d requests were refused, expected half", refused, asked)
	}
	return float64(took.Nanoseconds()) / asked, nil
}

// client scatters numbers over the address space; even ones are blocked.
func client(i uint32) netip.Addr {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], i*2_654_435_761) // odd, so no two are the same
	return netip.AddrFrom4(a)
}

func replicaOf(n int) (*block.Replica, error) {
	var b block.Builder
	for i := range n {
		target, err := block.ParseTarget(client(uint32(2 * i)).String())
		if err != nil {
			return nil, err
		}
		b.Add(block.Delta{
			Revision: uint64(i + 1), Target: target, ID: block.ID(i + 1), Left: time.Hour, Action: block.Deny, Mode: block.Enforce,
		}, 0)
	}
	r := block.NewReplica()
	r.Load(block.All, b.Set(uint64(n)), 0)
	return r, nil
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
