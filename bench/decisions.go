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
	Nanoseconds   float64 `json:"nanoseconds"` // a decision, half of them refusals
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

// measureSet fills a replica as an agent has it and asks it about clients in
// random order, every second one of which is blocked.
func measureSet(n int) (decisions, error) {
	before := inUse()
	r, err := replicaOf(n)
	if err != nil {
		return decisions{}, err
	}
	held := inUse() - before
	random := rand.New(rand.NewPCG(uint64(n), 1))
	clients := make([]netip.Addr, 1<<16)
	for i := range clients {
		clients[i] = client(uint32(random.IntN(2 * n)))
	}
	const rounds = 32
	refused := 0
	began := time.Now()
	for range rounds {
		for _, c := range clients {
			if r.Decide(c, time.Minute).Denied() {
				refused++
			}
		}
	}
	took := time.Since(began)
	if asked := rounds * len(clients); refused < asked*4/10 || refused > asked*6/10 {
		return decisions{}, fmt.Errorf("%d of %d clients were refused, expected half", refused, asked)
	}
	return decisions{n, float64(took.Nanoseconds()) / float64(rounds*len(clients)), float64(held) / float64(n)}, nil
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
