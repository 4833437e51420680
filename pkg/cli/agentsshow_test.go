package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestWaysInWords(t *testing.T) {
	f := func(ways []block.WayState, cell string, want ...string) {
		t.Helper()
		a := block.Agent{Name: "edge", Ways: ways}
		var out strings.Builder
		printWays(&out, &a)
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("want %q in\n%s", w, out.String())
			}
		}
		if got := waysOf(&a); got != cell {
			t.Errorf("in the list: %q, want %q", got, cell)
		}
	}
	f(nil, "–", "as the agent decides")
	holds := map[string]uint64{"all": 7, "eu": 2}
	f([]block.WayState{{Way: block.Way{Name: "nftables", Holds: holds}}}, "nftables: in step", "all: revision 7", "eu: revision 2", "in step", "well")
	f([]block.WayState{{Way: block.Way{Name: "nginx-maps", Unheld: 3, UnheldExemptions: 1}, LagMillis: 2500}}, "nginx-maps: 2.5s",
		"3 blocks, 1 exemption", "2.5s", "late")
	failing := block.WayState{Way: block.Way{Name: "wso2", Why: "no route"}, FailingSince: time.Now()}
	f([]block.WayState{failing}, "wso2: in step", "failing since", "no route")
}
