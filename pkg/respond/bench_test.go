package respond

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// BenchmarkJudge measures a new finding of a new actor, up to the proposal.
func BenchmarkJudge(b *testing.B) {
	l, g := NewLedger(LedgerOptions{PerMinute: -1, PerAgentOnly: -1, PerRule: -1, PerSegment: -1, BreakerPerMinute: -1}), NewGuard(GuardOptions{})
	findings := make([]finding.Finding, 4096)
	for i := range findings {
		findings[i] = touchBy(fmt.Sprintf("10.%d.%d.7", i/256, i%256), "", epoch)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		f := findings[n%len(findings)]
		f.ID = fmt.Sprint(n)
		n++
		v := l.Judge(Evidence{Finding: f}, g, epoch.Add(time.Duration(n)))
		if v.Proposal != nil {
			l.Hold(*v.Proposal)
		}
		l.Settle(f.ID, 0)
	}
}

// BenchmarkMemory measures what a ledger keeps of an actor, in bytes, with the
// findings of one, and of a busy one.
func BenchmarkMemory(b *testing.B) {
	for _, each := range []int{1, 20} {
		b.Run(fmt.Sprintf("findings=%d", each), func(b *testing.B) {
			const actors = 1_000_000 / 20
			var l *Ledger
			before := heapBytes()
			for b.Loop() {
				l = crowded(actors, each)
			}
			b.ReportMetric(float64(heapBytes()-before)/actors, "B/actor")
			runtime.KeepAlive(l)
		})
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// crowded is a ledger of many actors with some findings each, without what is
// remembered of findings by their id.
func crowded(actors, each int) *Ledger {
	l, g := NewLedger(LedgerOptions{MaxActors: actors, MaxFindings: 1}), NewGuard(GuardOptions{})
	for n := range actors * each {
		i := n % actors
		f := touchBy(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), fmt.Sprint(n), epoch.Add(time.Duration(n/actors)*time.Minute))
		f.Wanted.LifetimeSeconds, f.Rule, f.Family = 0, fmt.Sprint("rule-", n/actors%5), finding.Family(fmt.Sprint("family-", n/actors%3))
		l.Judge(Evidence{Finding: f}, g, f.Time)
		l.Settle(f.ID, 0)
	}
	return l
}

// BenchmarkCapture measures for how long a checkpoint keeps decisions waiting,
// with 100,000 actors of three findings each.
func BenchmarkCapture(b *testing.B) {
	s, err := New(options(newFakeBus()))
	if err != nil {
		b.Fatal(err)
	}
	s.ledger = crowded(100_000, 3)
	s.gate.open()
	for b.Loop() {
		if _, err := s.capture(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBulkAndUndo measures a batch of 10,000 blocks, made and undone, besides
// what the bus takes for it, in a service that holds many.
func BenchmarkBulkAndUndo(b *testing.B) {
	bus := newFakeBus()
	o := options(bus)
	s, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() { cancel(); <-done }()
	list := Bulk{Reason: "a list"}
	for i := range MaxBulk {
		list.Items = append(list.Items, asked(fmt.Sprintf("12.7.%d.%d", i>>8, i&255)))
	}
	for b.Loop() {
		r, err := s.AddBlocks(ctx, analyst, list)
		if err != nil || r.Created != MaxBulk {
			b.Fatal(r.Created, err)
		}
		if u, err := s.UndoBatch(ctx, analyst, r.Batch, "x"); err != nil || len(u.Removed) != MaxBulk {
			b.Fatal(len(u.Removed), err)
		}
	}
}
