package agentcli

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/block"
)

func target(t *testing.T, text string) block.Target {
	t.Helper()
	parsed, err := block.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestAnswerInWords(t *testing.T) {
	var out strings.Builder
	err := printAnswer(&out, "192.0.2.7", &gateway.Answer{
		Decision: "deny 0000000000000001", Reason: "the block is enforced", Segment: "shop", Country: "AQ", API: "cart", Saved: true,
		Meets: []gateway.Listed{
			{Segment: "shop", Target: target(t, "192.0.2.0/24 & country:AQ"), ID: 1, Action: block.Deny, Seconds: 3600},
			{Target: target(t, "192.0.2.7"), ID: 2, Action: block.Deny, Seconds: 59},
			{Segment: "all", Target: target(t, "api:cart"), ID: 3, Action: block.Drop, Mode: block.Canary, Percent: 5, Seconds: 1},
			{Segment: "all", Target: target(t, "route:/cart"), ID: 4, Action: block.Flag, Mode: block.Shadow},
		},
	})
	const want = `192.0.2.7: deny 0000000000000001
  because the block is enforced (segment shop)
  from AQ
  of the api cart
  meets 0000000000000001 192.0.2.0/24 & country:AQ: deny in shop, 1h0m0s left
  meets 0000000000000002 192.0.2.7: deny by this agent itself, 59s left
  meets 0000000000000003 api:cart: drop in canary of 5 % in all, 1s left
  meets 0000000000000004 route:/cart: flag in shadow in all, 0s left
  by the saved state: the agent does not run
`
	if out.String() != want || err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestHoldingInWords(t *testing.T) {
	f := func(h gateway.Holding, want string) {
		t.Helper()
		var out strings.Builder
		if err := printHolding(&out, &h); err != nil || out.String() != want {
			t.Errorf("%v\n%s", err, out.String())
		}
	}
	const head = "SEGMENT    REVISION  HASH              LIVE  KEYS  SCOPES             ACTIONS  MODES\n"
	f(gateway.Holding{Name: "edge", InSync: true, Unlisted: 2, Segments: []gateway.SegmentHolding{
		{Live: 1, Scopes: map[block.Scope]int{"address": 1}, Actions: map[string]int{"deny": 1}, Modes: map[string]int{"enforce": 1}},
		{Segment: "all", Version: block.Version{Revision: 9, Hash: 0xab, Count: 4}, Live: 4, Keys: 2,
			Scopes: map[block.Scope]int{"user": 1, "address": 3}, Actions: map[string]int{"deny": 4}, Modes: map[string]int{"shadow": 4}},
		{Segment: "shop"},
	}, Listed: []gateway.Listed{{Segment: "all", Target: target(t, "192.0.2.7"), ID: 1, Seconds: 5}}}, "edge is in step with the service\n"+head+
		"(its own)  0         0000000000000000  1     0     address 1          deny 1   enforce 1\n"+
		"all        9         00000000000000ab  4     2     address 3, user 1  deny 4   shadow 4\n"+
		"shop       0         0000000000000000  0     0     -                  -        -\n"+
		"0000000000000001 192.0.2.7: deny in all, 5s left\nand 2 more; see --list\n")
	f(gateway.Holding{Name: "edge"}, "edge is not in step with the service; what it holds stays in force\nSEGMENT  REVISION  HASH  LIVE  KEYS  SCOPES  ACTIONS  MODES\n")
	f(gateway.Holding{Saved: true}, "the agent does not run; by its saved state:\nSEGMENT  REVISION  HASH  LIVE  KEYS  SCOPES  ACTIONS  MODES\n")
}
