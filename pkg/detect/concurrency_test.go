package detect

import (
	"io"
	"sync"
	"testing"
)

// Whoever asks, reloads and saves does not stand in the way of detection: for
// the race detector.
func TestOthersBesideDetect(t *testing.T) {
	books := []*Rulebook{newRulebook(t, testRules), newRulebook(t, testRules+overChild)}
	known := indicators(t)
	d := New(Options{Rulebook: books[0], Indicators: known})
	var others sync.WaitGroup
	for _, other := range []func(i int){
		func(i int) { d.Reload(nil, books[i%2], nil) },
		func(i int) { d.SetIndicators([]*Indicators{known, nil}[i%2]) },
		func(int) { d.Stats(); d.Costs(); d.Windows() },
		func(int) {
			if err := d.WriteSnapshot(io.Discard); err != nil {
				t.Error(err)
			}
		},
	} {
		others.Go(func() {
			for i := range 100 {
				other(i)
			}
		})
	}
	var r Result
	found := 0
	for i := range 100 {
		d.Detect(newBatch(refusals(client, i*3, 3)...), &r)
		found += len(r.Findings)
	}
	others.Wait()
	if found == 0 {
		t.Error("nothing was found")
	}
}
