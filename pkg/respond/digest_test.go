package respond

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newFakeBus())
		handle := func(seq uint64, findings ...finding.Finding) {
			t.Helper()
			if err := s.Handle(t.Context(), seq, found(findings...)); err != nil {
				t.Fatal(err)
			}
		}
		handle(1, touchBy("192.0.2.1", "old", time.Now()))
		time.Sleep(30 * time.Hour)
		since := time.Now()
		guessing := touchBy("192.0.2.9", "guess", since)
		guessing.ID, guessing.Family, guessing.Wanted = finding.NewID("guess"), finding.Credential, finding.Wanted{}
		handle(2, guessing)
		for i := range 5 {
			for n := range i + 1 {
				handle(3, touchBy(fmt.Sprintf("192.0.2.%d", 10+i), fmt.Sprintf("%d-%d", i, n), time.Now()))
			}
		}
		d := s.Digest(since, 2)
		if d.Actors != 6 || d.Blocked != 5 {
			t.Errorf("%d actors, %d of them blocked; want 6 and 5", d.Actors, d.Blocked)
		}
		if want := []FamilyCount{{finding.Decoy, 5}, {finding.Credential, 1}}; !slices.Equal(d.Families, want) {
			t.Errorf("families %v, want %v", d.Families, want)
		}
		if len(d.Busiest) != 2 || d.Busiest[0].Actor.Value != "192.0.2.14" || d.Busiest[1].Actor.Value != "192.0.2.13" {
			t.Errorf("busiest are %+v", d.Busiest)
		}
		if d := s.Digest(time.Now().Add(time.Hour), 2); d.Actors != 0 || d.Busiest != nil {
			t.Errorf("of a time without findings: %+v", d)
		}
	})
}
