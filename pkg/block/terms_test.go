package block

import (
	"math"
	"net/netip"
	"strings"
	"testing"
)

func TestTermsAreForTheirAction(t *testing.T) {
	good := func(a Action, terms *Terms) {
		t.Helper()
		if err := terms.validate(a); err != nil {
			t.Errorf("%s with %+v: %v", a, terms, err)
		}
	}
	bad := func(a Action, terms *Terms, want string) {
		t.Helper()
		if err := terms.validate(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s with %+v: %v, want something about %q", a, terms, err, want)
		}
	}
	good(Deny, nil)
	good(Deny, &Terms{Status: 451, Body: `{"why":"law"}`})
	good(Flag, &Terms{Header: "x-risk", Value: "high"})
	good(Throttle, &Terms{Rate: 0.5, Burst: 3, Each: true, Status: 503})
	bad(Deny, &Terms{Status: 401}, "401")
	bad(Deny, &Terms{Status: 200}, "status")
	bad(Deny, &Terms{Body: strings.Repeat("a", MaxBody+1)}, "body")
	bad(Deny, &Terms{Body: "\xff"}, "UTF-8")
	bad(Deny, &Terms{Rate: 1}, "throttle")
	bad(Drop, &Terms{Status: 404}, "deny and throttle")
	bad(Divert, &Terms{Value: "v"}, "flag")
	bad(Flag, &Terms{Header: "a b"}, "header")
	good(Flag, &Terms{Header: FlagHeader})
	good(Flag, &Terms{Header: "X-Bot-Score"})
	for _, believed := range []string{
		"Host", "Content-Length", "Transfer-Encoding", "Authorization", "Cookie", "X-Forwarded-For", "x_forwarded_for", "X-Real-IP",
		"X-User-Id", "X-Authenticated-User", "X-Honeymoat-Decision", "X-HTTP-Method-Override", "X-", "X", "X-a-", "X--User",
	} {
		bad(Flag, &Terms{Header: believed}, "begins with X-")
	}
	bad(Flag, &Terms{Value: "a\r\nSet-Cookie: b"}, "printable")
	bad(Throttle, nil, "rate")
	bad(Throttle, &Terms{Rate: math.NaN()}, "rate")
	good(Throttle, &Terms{Rate: minRate})
	bad(Throttle, &Terms{Rate: minRate / 2}, "rate") // an agent waits no longer for a token
	bad(Throttle, &Terms{Rate: math.Inf(1)}, "rate")
	bad(Throttle, &Terms{Rate: 1, Burst: -1}, "burst")
}

func TestTermsAnswer(t *testing.T) {
	f := func(terms *Terms, a Action, status int, contentType string) {
		t.Helper()
		if got, body := terms.AnswerBody(); terms.AnswerStatus(a) != status || got != contentType || (body == "") != (contentType == "") {
			t.Errorf("%+v: %d %q %q", terms, terms.AnswerStatus(a), got, body)
		}
	}
	f(nil, Deny, 403, "")
	f(nil, Throttle, 429, "")
	f(&Terms{Status: 404, Body: "no"}, Deny, 404, "text/plain; charset=utf-8")
	f(&Terms{Body: ` {"a":1}`}, Deny, 403, "application/json")
	if name, value := (*Terms)(nil).FlagHeader(7); name != FlagHeader || value != "0000000000000007" {
		t.Errorf("%s: %s", name, value)
	}
	if name, value := (&Terms{Header: "x-risk", Value: "high"}).FlagHeader(7); name != "X-Risk" || value != "high" {
		t.Errorf("%s: %s", name, value)
	}
	if (&Terms{Rate: 0.1}).BurstOrRate() != 1 || (&Terms{Rate: 9}).BurstOrRate() != 9 || (&Terms{Rate: 9, Burst: 2}).BurstOrRate() != 2 {
		t.Error("bursts")
	}
}

func TestTermsRoundTrip(t *testing.T) {
	for _, want := range []Terms{
		{Status: 451, Body: "é"}, {Header: "X", Value: "v"}, {Rate: 0.25, Burst: 1_000_000, Each: true}, {Rate: math.SmallestNonzeroFloat64},
	} {
		form := want.appendBinary(nil)
		got, err := readTerms(form)
		if err != nil || *got != want {
			t.Errorf("%+v: %+v, %v", want, got, err)
		}
		for n := range form {
			if _, err := readTerms(form[:n]); err == nil {
				t.Errorf("%+v was read from %d of %d bytes", want, n, len(form))
			}
		}
		if _, err := readTerms(append(form, 0)); err == nil {
			t.Errorf("%+v was read with a byte too many", want)
		}
	}
	if form := (&Terms{}).appendBinary(nil); len(form) != 0 {
		t.Errorf("defaults take %d bytes", len(form))
	}
}

// TestSnapshotsShareTerms loads many blocks with the same terms: they are there
// once.
func TestSnapshotsShareTerms(t *testing.T) {
	var b Builder
	for i := range 100 {
		a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		b.Add(Delta{Revision: uint64(i), Target: AddressTarget(a), ID: ID(i), Action: Throttle, Terms: &Terms{Rate: float64(1 + i%3)}}, 0)
	}
	set := b.Set(0)
	loaded, err := ReadSnapshot(AppendSnapshot(nil, set, 0), 0, 0)
	if err != nil || loaded.Version() != set.Version() {
		t.Fatal(loaded.Version(), err)
	}
	distinct := map[*Terms]bool{}
	for _, e := range loaded.Entries() {
		distinct[e.Terms] = true
	}
	if len(distinct) != 3 {
		t.Errorf("3 terms are there %d times", len(distinct))
	}
}
