package service

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/inventory"
)

// requests are a batch of a file from an offset on.
func requests(start int64, rows int) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "shop", File: "00000000000000aa", Start: start}}
	for i := range rows {
		b.SetString(event.Path, fmt.Sprintf("/orders/%d/%c/%d", i, 'a'+i%7, start))
		if i%5 == 0 {
			b.SetString(event.Route, "/given")
			b.SetString(event.API, "orders")
		}
		b.SetNumber(event.Status, 200)
		b.EndRow()
	}
	return b
}

func sameRoutes(t *testing.T, got, want *event.Batch) {
	t.Helper()
	for _, f := range routeFields {
		for row := range want.Rows() {
			if g, w := got.Text(f, row), want.Text(f, row); string(g) != string(w) {
				t.Fatalf("%s of row %d is %q, want %q", f, row, g, w)
			}
		}
	}
}

// Whether routes were kept or are found out again, they are those that
// detection saw: with the store behind by no batch, some, or more than are kept.
func TestBothConsumersSeeTheSameRoutes(t *testing.T) {
	for _, behind := range []int{0, 1, keptBatches - 1, 2 * keptBatches} {
		r := newRouting(config.Routes{}, nil)
		for i := range 40 {
			r.learn(uint64(i+1), requests(int64(i), 20)) // all that there is to learn
		}
		var detected []*event.Batch
		const first, batches = 100, 3 * keptBatches
		stored := 0
		for i := range batches + behind {
			if i < batches {
				b := requests(int64(i%40), 20)
				r.learn(uint64(first+i), b)
				detected = append(detected, b)
			}
			if i < behind {
				continue
			}
			b := requests(int64(stored%40), 20)
			r.assign(t.Context(), uint64(first+stored), b)
			sameRoutes(t, b, detected[stored])
			stored++
		}
		if stored != batches {
			t.Errorf("%d batches were stored, want %d", stored, batches)
		}
	}
}

func TestKeptRoutesAreThoseOfTheBatch(t *testing.T) {
	f := func(what string, seq uint64, b *event.Batch, want bool) {
		t.Helper()
		var k keptRoutes
		learned := requests(7, 3)
		assigner := inventory.New(inventory.Options{}).NewAssigner()
		assigner.Learn(learned)
		k.keep(4, learned)
		k.keep(5, learned)
		if got := k.give(seq, b); got != want {
			t.Errorf("%s: given is %t", what, got)
		}
		if want {
			sameRoutes(t, b, learned)
		}
		if k.give(seq, requests(7, 3)) {
			t.Errorf("%s: it is given again", what)
		}
	}
	f("the first", 4, requests(7, 3), true)
	f("the second", 5, requests(7, 3), true)
	f("an earlier one", 3, requests(7, 3), false)
	f("a later one", 6, requests(7, 3), false)
}

func TestAnotherBatchOfTheSameSequenceGetsNoKeptRoutes(t *testing.T) {
	var k keptRoutes
	k.keep(4, requests(7, 3))
	for _, other := range []*event.Batch{requests(8, 3), requests(7, 4)} {
		if k.give(4, other) {
			t.Error("the routes of another batch are given")
		}
	}
	if !k.give(4, requests(7, 3)) {
		t.Error("the routes of the batch are gone")
	}
}

// What is kept is bounded, however far the store is behind, and its memory is
// used again.
func TestKeptRoutesAreBounded(t *testing.T) {
	var k keptRoutes
	large := requests(0, 1)
	large.SetTextColumn(event.Tags, make([]byte, keptBytes), []uint32{keptBytes})
	for _, b := range []*event.Batch{requests(0, 3), large} {
		for seq := range uint64(3 * keptBatches) {
			k.keep(seq+1, b)
		}
		if n := len(k.batches); n > keptBatches || k.bytes > 2*keptBytes {
			t.Errorf("%d batches with %d bytes are kept", n, k.bytes)
		}
		k.give(1000, requests(0, 3))
		if len(k.batches) > 0 || k.bytes != 0 {
			t.Errorf("%d batches with %d bytes are left", len(k.batches), k.bytes)
		}
		k.keep(1, requests(0, 3))
		if len(k.spare)+len(k.batches) > keptBatches {
			t.Errorf("memory of %d batches", len(k.spare)+len(k.batches))
		}
		k.give(1000, requests(0, 3))
	}
}
