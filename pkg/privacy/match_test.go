package privacy

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMatchKeys(t *testing.T) {
	old, now := ring(1).MatchKeys("eu"), ring(1, 2).MatchKeys("eu")
	if len(now) != 2 || now[1] != old[0] || now[0] == now[1] {
		t.Errorf("keys %v after %v: want a new one before the old", now, old)
	}
	if us := ring(1).MatchKeys("us"); us[0] == old[0] || us[0].ID == old[0].ID {
		t.Error("two segments have one key")
	}
	if keys := (Keyring{}).MatchKeys("eu"); len(keys) != 0 {
		t.Errorf("an empty ring has keys %v", keys)
	}
	secret := ring(1).keys[0].Secret
	if old[0].Secret == secret || strings.Contains(string(old[0].Secret[:]), string(secret[:8])) {
		t.Error("the key of a segment tells of the ring's")
	}
}

// Blocks outlive a start of the service, so the derivation may not change.
func TestMatchKeysAreStable(t *testing.T) {
	got := ring(1).MatchKeys("eu")[0].Hash(block.ScopeUser, "bob")
	if want := "mcd313150:GcyRTw_Yp8zhyGcObfAy"; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}
