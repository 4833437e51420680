package respond

import (
	"strings"
	"testing"
	"testing/synctest"
)

// A block in a segment that nobody gets is made, because agents may come, and
// who asked is told: the name may be misspelt.
func TestASegmentThatNobodyGets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := []string{"all", "eu", "us"}
		s := start(t, newFakeBus(), func(o *Options) { o.Segments = func() []string { return known } })
		f := func(segment, want string) {
			t.Helper()
			r := asked("192.0.2.7")
			r.Segment, r.DryRun = segment, true
			a, err := s.AddBlock(t.Context(), analyst, r)
			bulk, bulkErr := s.AddBlocks(t.Context(), analyst, Bulk{Items: []AddBlock{r}, Reason: "x", DryRun: true})
			if err != nil || bulkErr != nil {
				t.Fatalf("%s: %v, %v", segment, err, bulkErr)
			}
			for _, r := range []Ruling{a.Ruling, bulk.Items[0].Ruling} {
				if got := strings.Join(r.Warnings, "|"); !strings.HasSuffix(got, want) || (want == "") != (got == "") {
					t.Errorf("%s: %q, want %q", segment, got, want)
				}
			}
		}
		f("", "")
		f("all", "")
		f("eu", "")
		f("ue", "until one is, nobody enforces this; there are all, eu, us")
		known = []string{"all"}
		f("ue", "there is none but all")
		known = strings.Split("a,b,c,d,e,f,g,h,i,j", ",")
		f("ue", "there are all, a, b, c, d, e, f, g, h, 2 more")
		known = nil // nobody can tell
		f("ue", "")
	})
}
