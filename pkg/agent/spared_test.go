package agent

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// TestNobodyIsRefusedWhomTheServiceSpares: a hop of which only the service's
// configuration knows, while the service is away, and after a restart too. It is
// no exemption: what the service blocks is refused.
func TestNobodyIsRefusedWhomTheServiceSpares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
		r := newRig(t, service, clock, dir).start()
		r.Touch(touchBy("198.51.100.10"))
		r.want("198.51.100.10", true)
		r.Spared([]netip.Prefix{netip.MustParsePrefix("198.51.100.10/32"), netip.MustParsePrefix("2001:db8::1/128"), {}})
		r.want("198.51.100.10", false) // it was refused before that was known
		pass(2 * time.Second)
		again := newRig(t, service, clock, dir) // as after a kill
		for _, r := range []*rig{r, again} {
			for _, address := range []string{"198.51.100.10", "2001:db8::7", "198.51.100.11"} {
				r.Touch(touchBy(address))
			}
			r.want("198.51.100.10", false)
			r.want("2001:db8::7", false) // its network would be refused, the hop's
			r.want("198.51.100.11", true)
		}
		service.Put("198.51.100.10", time.Hour)
		synctest.Wait()
		r.want("198.51.100.10", true)
	})
}

// TestAStateOfBeforeSparesNobody: one without the list is read.
func TestAStateOfBeforeSparesNobody(t *testing.T) {
	clock := newTestClock()
	prefixes := []netip.Prefix{netip.MustParsePrefix("198.51.100.10/32")}
	for _, want := range [][]netip.Prefix{nil, prefixes} {
		data, err := encodeState(savedState{sets: map[string]*block.Set{}, spared: want}, clock)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeState(data, clock)
		if err != nil || len(got.spared) != len(want) {
			t.Errorf("read as %v, %v", got.spared, err)
		}
	}
}
