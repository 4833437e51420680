package respond

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// What agents say that they have refused stands beside what logs tell, over a
// restart and after the block's end.
func TestToldByGateways(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := newFakeBus()
		s := start(t, bus)
		add := func(segment string) block.ID {
			t.Helper()
			r := asked("192.0.2.7")
			r.Segment = segment
			a, err := s.AddBlock(t.Context(), analyst, r)
			if err != nil {
				t.Fatal(err)
			}
			return a.Block.ID
		}
		everywhere, eu, us := add(block.All), add("eu"), add("us")
		told := map[block.ID]uint64{everywhere: 3, eu: 4, us: 5, 7: 6}
		s.ToldByGateways([]string{"eu"}, told)
		s.ToldByGateways([]string{"eu"}, told)
		mustHandleInput(t, s, 1, Input{Denials: map[block.ID]uint64{everywhere: 2}})
		f := func(id block.ID, logs, gateways uint64) {
			t.Helper()
			if h, _, err := s.Find(id); err != nil || h.Denied != logs || h.ByGateways != gateways {
				t.Errorf("%s: %d and %d, %v; want %d and %d", h.Block.Segment, h.Denied, h.ByGateways, err, logs, gateways)
			}
		}
		check := func() {
			t.Helper()
			f(everywhere, 2, 6)
			f(eu, 0, 8)
			f(us, 0, 0)
		}
		check()
		time.Sleep(2 * time.Second)
		s.stop()
		s = start(t, bus)
		check()
		if _, err := s.RemoveBlock(t.Context(), analyst, eu, "done"); err != nil {
			t.Fatal(err)
		}
		s.ToldByGateways([]string{"eu"}, map[block.ID]uint64{eu: 1})
		f(eu, 0, 9)
	})
}

func mustHandleInput(t *testing.T, s *running, sequence uint64, in Input) {
	t.Helper()
	if err := s.Handle(t.Context(), sequence, func() Input { return in }); err != nil {
		t.Fatal(err)
	}
}
