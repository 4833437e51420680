package slow

import (
	"math/rand/v2"
	"testing"
)

// TestNewestOfOthers holds it against looking at all numbers.
func TestNewestOfOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var all []visits
	for actor := range 6 {
		v := visits{actor: actor}
		for range 20 {
			v.numbers = append(v.numbers, numbered{r.Uint64N(50), int32(r.IntN(5))})
		}
		all = append(all, v)
	}
	got := newestOf(all)
	for day := range int32(5) {
		for actor := range all {
			want := uint64(0)
			for _, v := range all {
				for _, n := range v.numbers {
					if v.actor != actor && n.day < day {
						want = max(want, n.n)
					}
				}
			}
			if n := got[day].without(actor); n != want {
				t.Errorf("before day %d others than %d had %d, want %d", day, actor, n, want)
			}
		}
	}
}
