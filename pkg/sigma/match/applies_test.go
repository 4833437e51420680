package match

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestRulesAreAboutLogs(t *testing.T) {
	f := func(logsource, want string) {
		t.Helper()
		text := "title: A rule\nstatus: test\nlogsource: {" + logsource + "}\ndetection:\n    s:\n        path: /a\n    condition: s\n"
		p := Compile(parse(t, text), Options{})
		got := ""
		for _, kind := range []event.Kind{event.Access, event.Decoy} {
			for _, direction := range []event.Direction{event.Ingress, event.Egress} {
				b := batchOf(request{path: "/a"})
				b.Kind, b.Direction = kind, direction
				if len(hits(p.Scanner(), b)) > 0 {
					got += fmt.Sprintf("%v %v,", kind, direction)
				}
				for _, r := range append(p.Rules(), skippedRules(p)...) {
					if Holds(r, b, 0, Options{}) != (len(hits(p.Scanner(), b)) > 0) {
						t.Errorf("%s: the plain evaluator disagrees about %v %v", logsource, kind, direction)
					}
				}
			}
		}
		if got == "" && len(p.Skipped()) == 1 && p.Skipped()[0].Reason != "" {
			got = "skipped"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", logsource, got, want)
		}
	}
	const served = "access ingress,decoy ingress,"
	f("category: webserver", served)
	f("category: WebServer, product: apache", served)
	f("product: nginx", served)
	f("product: honeymoat", served)
	f("product: honeymoat, service: decoy", "decoy ingress,")
	f("product: honeymoat, service: access", "access ingress,")
	f("category: webserver, service: decoy", "decoy ingress,")
	f("category: proxy", "access ingress,access egress,decoy ingress,decoy egress,")
	f("category: process_creation, product: windows", "skipped")
	f("product: windows, service: security", "skipped")
	f("product: apache, service: error", "skipped")
	f("service: apache", "skipped")
}
