package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestDetectorsFitAScreen, and are named in JSON as everything else is.
func TestDetectorsFitAScreen(t *testing.T) {
	const screen = 160
	for line := range strings.Lines(honeymoat(t, nil, "baseline", "detectors")) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > screen {
			t.Fatalf("%d characters: %s", n, line)
		}
	}
	var list []struct {
		ID        string   `json:"id"`
		Needs     []string `json:"needs"`
		CannotSee string   `json:"cannot_see"`
	}
	text := honeymoat(t, nil, "baseline", "detectors", "--json")
	if err := json.Unmarshal([]byte(text), &list); err != nil || strings.Contains(text, `"ID"`) {
		t.Fatalf("%v: %s", err, text)
	}
	for _, d := range list {
		if d.ID == "" || d.CannotSee == "" || len(d.Needs) == 0 {
			t.Errorf("%+v", d)
		}
	}
}

func TestSimilarSaysThatNothingIsKnown(t *testing.T) {
	var out bytes.Buffer
	a := finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}
	printSimilar(&out, wire.SimilarActors{Actor: a, Since: time.Unix(0, 0)})
	if !strings.HasPrefix(out.String(), "The store has no requests of address:192.0.2.7 since 1970-") {
		t.Error(out.String())
	}
}
