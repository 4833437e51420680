package correlate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// runExpected is run for lines that are told in advance, some dozens at a time,
// and some more that never come.
func (b *bench) runExpected(rng *rand.Rand, lines []*line) {
	for chunk := range slices.Chunk(lines, 1+rng.IntN(40)) {
		b.ExpectNothing()
		first := make([]int, len(chunk))
		for i, l := range chunk {
			l.fields = b.Fields()
			for j, name := range append(strings.Fields(l.values["rules"]), "d") {
				n := b.Expect(b.rules[name], l)
				if j == 0 {
					first[i] = n
				}
			}
		}
		for i, l := range chunk {
			for j := range strings.Fields(l.values["rules"]) {
				b.FeedExpected(first[i]+j, l, b.emit)
			}
			b.newest = max(b.newest, l.at)
		}
		b.Advance(b.newest, b.emit)
	}
}

// Records that are expected are found the same of, also when groups are
// forgotten meanwhile.
func TestExpectedRecords(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		lines := random(rng, 50+rng.IntN(150), 20+rng.Int64N(200))
		b := newBench(t, everything, Options{Lateness: lateness})
		b.runExpected(rng, lines)
		b.Finish(b.emit)
		if diff := differences(b.sorted(), b.naive(lines)); diff != "" || b.twice {
			t.Fatalf("seed %d (one of them twice: %t):\n%s", seed, b.twice, diff)
		}
		small := newBench(t, everything, Options{Lateness: lateness, MaxGroups: 6})
		small.runExpected(rng, lines)
		small.Finish(small.emit)
		if s := small.Stats(); s.EvictedBySize == 0 || s.Groups != 0 || s.Bytes != 0 {
			t.Fatalf("seed %d: %+v", seed, s)
		}
	}
}
