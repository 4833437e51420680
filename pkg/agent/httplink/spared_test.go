package httplink

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// sparer is a follower that wants to know whom to spare.
type sparer struct {
	block.Follower
	got []netip.Prefix
}

func (s *sparer) Spared(prefixes []netip.Prefix) { s.got = prefixes }

func TestSparedIsDelivered(t *testing.T) {
	var s sparer
	if err := deliver(&s, block.EventSpared, []byte(`{"prefixes":["198.51.100.10/32"]}`)); err != nil {
		t.Fatal(err)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("198.51.100.10/32")}; !slices.Equal(s.got, want) {
		t.Errorf("told of %v, want %v", s.got, want)
	}
	if err := deliver(struct{ block.Follower }{}, block.EventSpared, []byte(`{}`)); err != nil {
		t.Errorf("a follower that does not care: %v", err)
	}
}
