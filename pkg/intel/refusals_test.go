package intel

import (
	"errors"
	"io/fs"
	"testing"
	"time"
)

func TestWhatIsNotBlockedOfAListIsKept(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadRefusals(dir, "drop"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a list that was never looked at: %v", err)
	}
	r := Refusals{List: "drop", At: time.Unix(1, 0).UTC(), Counts: map[string]int{"width": 2000}, Entries: make([]Refusal, 2000)}
	r.Entries[0] = Refusal{Entry: "10.0.0.0/8", Rule: "width", Reason: "10.0.0.0/8 is wide", Again: time.Unix(2, 0).UTC()}
	if err := SaveRefusals(dir, r); err != nil {
		t.Fatal(err)
	}
	got, err := ReadRefusals(dir, "drop")
	if err != nil || len(got.Entries) != MostRefusals || got.Entries[0] != r.Entries[0] || got.Counts["width"] != 2000 {
		t.Errorf("%+v, %v", got.Counts, err)
	}
	if _, err := ReadStates(dir); err != nil {
		t.Errorf("it is taken for a feed: %v", err)
	}
}
