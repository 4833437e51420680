package correlate

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// However groups come and go, and wherever their hashes lie, those are found
// that are there.
func TestTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	w, have := &watch{}, map[string]*group{}
	var table table
	at := func(n int) place {
		return place{key: []byte(strconv.Itoa(n)), hash: uint64(n%50)<<57 | uint64(n%50)}
	}
	for range 20_000 {
		p := at(rng.IntN(300))
		known := table.find(w, &p)
		if known != have[string(p.key)] {
			t.Fatalf("%s: found %v, want %v", p.key, known, have[string(p.key)])
		}
		if known != nil {
			table.remove(known)
			delete(have, string(p.key))
			continue
		}
		g := new(group)
		g.prepare(w, string(p.key), p.hash)
		table.add(g)
		have[g.key] = g
	}
	if table.used != len(have) || table.used == 0 {
		t.Errorf("%d are used for %d", table.used, len(have))
	}
}
