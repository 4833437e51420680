package detect

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestFindingsAreMaskedAfterTheirIDIsMade(t *testing.T) {
	plain, masking := newDetector(t), newDetector(t)
	masking.options.Mask = func(f *finding.Finding) {
		f.Reason = strings.ReplaceAll(f.Reason, "hunter2", "[password]")
		f.Sighting.Path = strings.ReplaceAll(f.Sighting.Path, "hunter2", "[password]")
	}
	b := newBatch(row{client: client, host: "h", path: "/password=hunter2/../.env", status: 404})
	var want, got Result
	plain.Detect(b, &want)
	masking.Detect(b, &got)
	if len(got.Findings) != 1 || got.Findings[0].ID != want.Findings[0].ID {
		t.Fatalf("found %+v, want the finding %+v", got.Findings, want.Findings)
	}
	f := got.Findings[0]
	if strings.Contains(f.Reason+f.Sighting.Path, "hunter2") || !strings.Contains(f.Sighting.Path, "[password]") {
		t.Errorf("kept %q, %q", f.Reason, f.Sighting.Path)
	}
	claim := want.Findings[0]
	if confirmed, err := masking.Confirm(claim); err != nil || confirmed.ID != claim.ID || strings.Contains(confirmed.Reason+confirmed.Sighting.Path, "hunter2") {
		t.Errorf("confirmed %+v, %v", confirmed, err)
	}
}
