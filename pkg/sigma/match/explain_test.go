package match

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

const explained = `    probe:
        path|contains:
            - /etc/passwd
            - /win.ini
        sc-status|gte: 400
    agents:
        - nikto
        - sqlmap
    partner:
        c-ip|cidr: 192.0.2.0/24
        user_agent|neq: curl
    condition: probe and not partner or agents
`

// outline writes an explanation on one line a step.
func outline(s Step, depth int) string {
	line := fmt.Sprintf("%s%s %s %v", strings.Repeat(" ", depth), s.Kind, s.Text, s.Held)
	for _, v := range s.Values {
		line += fmt.Sprintf(" [%s %v", v.Text, v.Met)
		if v.By != nil {
			line += fmt.Sprintf(" %s %q %v", v.By.Column, v.By.Text, v.By.Decoded)
		}
		line += "]"
	}
	line += "\n"
	for _, part := range s.Steps {
		line += outline(part, depth+1)
	}
	return line
}

func TestExplainTellsWhatHeld(t *testing.T) {
	r := parse(t, ruleOf(explained))[0]
	b := batchOf(request{method: "GET", path: "/%2e%2e/etc/pass%77d", status: 404, client: "192.0.2.9", agent: "curl"})
	x := Explain(r, b, 0)
	want := `or  true
 and  true
  search probe true
   and  true
    item path|contains true [/etc/passwd true path "/../etc/passwd" true] [/win.ini false]
    item sc-status|gte true [400 true status "404" false]
  not  true
   search partner false
    and  false
     item c-ip|cidr true [192.0.2.0/24 true client_address "192.0.2.9" false]
     item user_agent|neq false [curl true user_agent "curl" false]
 search agents false
  item keywords false [nikto false] [sqlmap false]
`
	if got := outline(x.Condition, 0); got != want || !x.Held || x.Reason != "" || x.Rule != "A rule" {
		t.Errorf("explained as %+v\n%s", x, got)
	}
	if path := x.Condition.Steps[0].Steps[0].Steps[0].Steps[0]; len(path.Seen) != 2 || path.Seen[0].Decoded || !path.Seen[1].Decoded || path.Place.Line == 0 {
		t.Errorf("the path is seen as %+v", path)
	}
	if _, err := json.Marshal(x); err != nil {
		t.Error(err)
	}
}

func TestExplainTellsWhenARuleIsNotAboutTheLog(t *testing.T) {
	r := parse(t, asks("path: /a"))[0]
	b := batchOf(request{path: "/a"})
	b.Direction = event.Egress
	if x := Explain(r, b, 0); x.Held || x.Reason == "" || !x.Condition.Held {
		t.Errorf("explained as %+v", x)
	}
	r.LogSource.Category = "dns"
	if x := Explain(r, b, 0); x.Held || !strings.Contains(x.Reason, "dns") {
		t.Errorf("explained as %+v", x)
	}
}

// An explanation says what the program says, at every step what its parts say.
func TestExplanationsAgree(t *testing.T) {
	for seed := range uint64(3) {
		tr := newTrial(t, seed)
		b := tr.batch[0]
		for row := range b.Rows() {
			for _, r := range tr.rules {
				x := Explain(r, b, row)
				if x.Held != Holds(r, b, row, Options{}) {
					t.Fatalf("seed %d, row %d: explained as %v\n%s", seed, row, x.Held, outline(x.Condition, 0))
				}
				consistent(t, x.Condition)
			}
		}
	}
}

func consistent(t *testing.T, s Step) {
	t.Helper()
	want := s.Held
	switch held := func(p Step) bool { return p.Held }; s.Kind {
	case AndStep:
		want = !slices.ContainsFunc(s.Steps, func(p Step) bool { return !p.Held })
	case OrStep:
		want = slices.ContainsFunc(s.Steps, held)
	case NotStep:
		want = !s.Steps[0].Held
	case SearchStep:
		want = s.Steps[0].Held
	case ItemStep:
	default:
		t.Fatalf("a step of kind %q", s.Kind)
	}
	if s.Held != want {
		t.Fatalf("inconsistent:\n%s", outline(s, 0))
	}
	for _, part := range s.Steps {
		consistent(t, part)
	}
}

func TestBranchesAreCovered(t *testing.T) {
	r := parse(t, ruleOf(explained))[0]
	branches := Branches(r)
	texts := func(ids []int) (all []string) {
		for _, id := range ids {
			if branches[id].ID != id || branches[id].Place.Line == 0 {
				t.Errorf("branch %d is %+v", id, branches[id])
			}
			all = append(all, branches[id].Text)
		}
		return all
	}
	f := func(q request, want ...string) {
		t.Helper()
		if got := texts(Covered(r, batchOf(q), 0, Options{})); !slices.Equal(got, want) {
			t.Errorf("%+v covers %q, want %q", q, got, want)
		}
	}
	f(request{path: "/win.ini", status: 404}, "probe", "path|contains: /win.ini", "sc-status|gte: 400")
	f(request{path: "/win.ini", status: 200}, "path|contains: /win.ini")
	f(request{client: "192.0.2.1", agent: "x"}, "partner", "c-ip|cidr: 192.0.2.0/24")
	f(request{client: "192.0.2.1", agent: "curl"}, "c-ip|cidr: 192.0.2.0/24", "user_agent|neq: curl")
	f(request{agent: "sqlmap"}, "agents", "keywords: sqlmap")
	if len(branches) != 10 {
		t.Errorf("%d branches: %+v", len(branches), branches)
	}
}

func TestAWrittenValueIsOneBranch(t *testing.T) {
	r := parse(t, asks("query|windash|contains: ' -x'"))[0]
	branches := Branches(r)
	if len(branches) != 2 {
		t.Fatalf("%+v", branches)
	}
	if got := Covered(r, batchOf(request{query: "a –x"}), 0, Options{}); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("covered: %v", got)
	}
}
