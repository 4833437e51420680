package detect

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/traffic"
)

const testDecoys = `
version: 1
decoys:
  - {id: env, path: /.env}
  - {id: keys, path: /v2/keys, context: in, hosts: [api.example.com]}
`

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

type row struct {
	client, host, path, request, mark string
	method                            string // none = GET
	status                            int64
	at                                time.Duration
}

func newBatch(rows ...row) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "web", Gateway: "gw-a", Shipper: "gw-a", File: "00000000000000f1", Path: "/var/log/a.log"}}
	for i, r := range rows {
		b.SetString(event.Method, cmp.Or(r.method, "GET"))
		b.SetString(event.Host, r.host)
		b.SetString(event.Path, r.path)
		b.SetString(event.RequestID, r.request)
		action, id, _ := strings.Cut(r.mark, " ")
		b.SetString(event.DecisionAction, action)
		b.SetString(event.DecisionID, id)
		if r.client != "" {
			b.SetAddr(event.ClientAddress, netip.MustParseAddr(r.client))
		}
		b.SetNumber(event.Status, r.status)
		b.SetNumber(event.Time, start.Add(r.at).UnixNano())
		b.SetNumber(event.Line, int64(i+1))
		b.SetNumber(event.Offset, int64(i*100))
		b.EndRow()
	}
	return b
}

func newDetector(t testing.TB, known ...block.ID) *Detector {
	t.Helper()
	c, err := decoy.Parse(decoy.Source{Name: "test.yml", Data: []byte(testDecoys)})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Catalogue: c,
		Internal:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Known:     func(id block.ID) bool { return slices.Contains(known, id) },
	})
}

// outcome writes a result in short: what was found about whom, how urgent.
func outcome(r *Result) string {
	var parts []string
	for _, f := range r.Findings {
		s := fmt.Sprintf("%s %s %s", f.Actor.Value, f.Rule, f.Tier)
		if f.Wanted.Shadow {
			s += " shadow"
		}
		if f.Wanted.LifetimeSeconds == 0 {
			s += " no-block"
		}
		parts = append(parts, s)
	}
	for _, d := range r.Denials {
		parts = append(parts, "denied "+d.Block.String())
	}
	if r.IgnoredMarks > 0 {
		parts = append(parts, fmt.Sprintf("ignored %d", r.IgnoredMarks))
	}
	return strings.Join(parts, "; ")
}

const (
	client  = "192.0.2.7"
	request = "0123456789abcdef"
)

func TestDetect(t *testing.T) {
	const known = block.ID(0xabc)
	own := decoy.ProvisionalID("gw-a", finding.NewID("decoy", "env", "address:"+client, request))
	f := func(want string, rows ...row) {
		t.Helper()
		var r Result
		newDetector(t, known).Detect(newBatch(rows...), &r)
		if got := outcome(&r); got != want {
			t.Errorf("%+v\n gave %q\n want %q", rows, got, want)
		}
	}
	const touched = client + " decoy.env log"
	f("", row{client: client, path: "/", status: 200})
	f("", row{client: client, path: "/nothing", status: 404})
	f(touched, row{client: client, path: "/.env", status: 404})
	f(touched, row{client: client, path: "/x/..//%2eENV", status: 403})
	f("", row{client: client, path: "/.env", status: 500})
	f("", row{client: client, path: "/.env", status: 301})
	f("", row{client: client, path: "/.env", status: 0})
	f("", row{client: client, path: "/.env", status: event.Unknown})
	f("", row{path: "/.env", status: 404})
	f("192.0.2.8 decoy.keys notify", row{client: "192.0.2.8", host: "api.example.com", path: "/v2/keys", status: 404})
	f("", row{client: "192.0.2.8", host: "www.example.com", path: "/v2/keys", status: 404})
	f("10.1.2.3 decoy.env page", row{client: "10.1.2.3", path: "/.env", status: 404})
	f("2001:db8:1:2::/64 decoy.env log", row{client: "2001:db8:1:2::9", path: "/.env", status: 404})
	f(client+" decoy.env log", row{client: "::ffff:" + client, path: "/.env", status: 404})

	// Our own refusals are no evidence; marks that are not ours mean nothing.
	f("denied 0000000000000abc", row{client: client, path: "/", status: 403, mark: "deny 0000000000000abc"})
	f("denied 0000000000000abc", row{client: client, path: "/.env", status: 403, mark: "deny 0000000000000abc"})
	f("ignored 1", row{client: client, path: "/", status: 403, mark: "deny 0000000000000def"})
	f(touched+"; ignored 1", row{client: client, path: "/.env", status: 403, mark: "deny 0000000000000def"})
	f(touched+"; ignored 1", row{client: client, path: "/.env", status: 403, mark: "deny nonsense"})
	f("", row{client: client, path: "/.env", status: 500, mark: "flag 0000000000000abc"})

	// A touch that an agent diverted was answered by our decoy with success.
	divert := row{client: client, path: "/.env", status: 200, request: request, mark: "divert " + own.String()}
	f(touched, divert)
	f(touched, row{client: client, path: "/.env", status: 200, mark: "divert 0000000000000abc"})
	f("ignored 1", row{client: client, path: "/.env", status: 200, mark: "divert 0000000000000def"})
	f(touched, row{client: client, path: "/.env", status: 403, request: request, mark: "deny " + own.String()})
	f(touched+"; denied "+own.String(), divert,
		row{client: client, path: "/", status: 403, request: "fedcba9876543210", mark: "deny " + own.String(), at: time.Second})

	// In a finished log nobody knows the decisions any more.
	var old Result
	finished := newDetector(t)
	finished.options.Finished = true
	finished.Detect(newBatch(row{client: client, path: "/.env", status: 200, mark: "divert 0000000000000def"},
		row{client: client, path: "/", status: 403, mark: "deny 0000000000000def"}), &old)
	if got := outcome(&old); got != touched+"; ignored 2" {
		t.Errorf("a finished log gave %q", got)
	}

	// A path that the application serves is no decoy on that host.
	served := row{client: client, host: "spa.example", path: "/.env", status: 200}
	refused := row{client: "192.0.2.9", host: "spa.example", path: "/.env", status: 404, at: time.Minute}
	f(client+" decoy.env log shadow no-block", served)
	f(client+" decoy.env log shadow no-block", row{client: client, path: "/.env", status: 304})
	f(client+" decoy.env log shadow no-block; 192.0.2.9 decoy.env log shadow", served, refused)
	preflight := served
	preflight.method, preflight.status = "OPTIONS", 204
	f("192.0.2.9 decoy.env log", preflight, refused)
	elsewhere := refused
	elsewhere.host = "other.example"
	f(client+" decoy.env log shadow no-block; 192.0.2.9 decoy.env log", served, elsewhere)
	later := refused
	later.at = 31 * 24 * time.Hour
	f(client+" decoy.env log shadow no-block; 192.0.2.9 decoy.env log", served, later)
}

// TestServedAtOneGatewayOnly: a client names any host it likes, so what one
// gateway serves says nothing about the same host at another.
func TestServedAtOneGatewayOnly(t *testing.T) {
	d := newDetector(t)
	var r Result
	d.Detect(newBatch(row{client: client, host: "api.example", path: "/.env", status: 200}), &r)
	for gateway, want := range map[string]string{
		"gw-a": "192.0.2.9 decoy.env log shadow",
		"gw-b": "192.0.2.9 decoy.env log",
	} {
		b := newBatch(row{client: "192.0.2.9", host: "api.example", path: "/.env", status: 404, at: time.Minute})
		b.Gateway = gateway
		d.Detect(b, &r)
		if got := outcome(&r); got != want {
			t.Errorf("%s: %q, want %q", gateway, got, want)
		}
	}
}

func TestDetectDecoyLog(t *testing.T) {
	b := newBatch(
		row{client: client, path: "/.env", status: 200},
		row{client: client, path: "/whatever", status: 200},
		row{path: "/.env", status: 200},
	)
	b.Kind = event.Decoy
	var r Result
	d := newDetector(t)
	d.Detect(b, &r)
	if got := outcome(&r); got != client+" decoy.env log; "+client+" decoy.unlisted log" {
		t.Errorf("decoy log gave %q", got)
	}
	if r.Findings[0].Sighting.Via != finding.ViaDecoy {
		t.Errorf("seen via %s", r.Findings[0].Sighting.Via)
	}
	if s := d.Stats(); s.NoClient != 1 || s.Rows != 3 || s.Findings != 2 {
		t.Errorf("counts are %+v", s)
	}
}

func TestDetectLeavesOurOwnCallsAlone(t *testing.T) {
	b := newBatch(row{client: client, path: "/.env", status: 404})
	b.Direction = event.Egress
	var r Result
	if newDetector(t).Detect(b, &r); len(r.Findings) != 0 {
		t.Errorf("found %q in calls that we make", outcome(&r))
	}
}

func TestSighting(t *testing.T) {
	b := newBatch(row{client: client, path: "/"}, row{client: client, host: "h", path: "/.env", status: 404, request: request})
	var r Result
	newDetector(t).Detect(b, &r)
	want := finding.Sighting{
		Via: finding.ViaAccess, Record: "00000000000000f1-100", Source: "web", Gateway: "gw-a", File: "/var/log/a.log", Line: 2,
		RequestID: request, Method: "GET", Host: "h", Path: "/.env", Status: 404,
	}
	if got := r.Findings[0].Sighting; got != want {
		t.Errorf("sighting is %+v", got)
	}
	if !r.Findings[0].Time.Equal(start) {
		t.Errorf("time is %s", r.Findings[0].Time)
	}
}

// However a log is cut into batches, and however often they are delivered,
// the same findings come out.
func TestDetectDoesNotDependOnTheCut(t *testing.T) {
	var rows []row
	for i := range 40 {
		path := []string{"/", "/.env", "/v2/keys"}[i%3]
		rows = append(rows, row{client: fmt.Sprintf("192.0.2.%d", i%7), host: "api.example.com", path: path, status: 404, at: time.Duration(i) * time.Second})
	}
	ids := func(size, times int) map[string]bool {
		d, found := newDetector(t), map[string]bool{}
		for chunk := range slices.Chunk(rows, size) {
			for range times {
				var r Result
				d.Detect(newBatch(chunk...), &r)
				for _, f := range r.Findings {
					found[f.ID] = true
				}
			}
		}
		return found
	}
	want := ids(40, 1)
	for _, size := range []int{1, 3, 7, 39} {
		if got := ids(size, 2); len(got) != len(want) || len(got) == 0 {
			t.Errorf("cut by %d: %d findings, want %d", size, len(got), len(want))
		} else {
			for id := range got {
				if !want[id] {
					t.Errorf("cut by %d: finding %s is new", size, id)
				}
			}
		}
	}
}

func TestOrdinaryRowsAllocateNothing(t *testing.T) {
	d, b := newDetector(t), ordinaryBatch()
	var r Result
	if n := testing.AllocsPerRun(10, func() { d.Detect(b, &r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ordinaryBatch() *event.Batch {
	rows := make([]row, 4000)
	for i := range rows {
		rows[i] = row{client: client, host: "api.example.com", path: fmt.Sprintf("/api/v1/orders/%d/items", i), status: 200}
	}
	return newBatch(rows...)
}

func BenchmarkDetectOrdinary(b *testing.B) {
	c, err := decoy.Shipped()
	if err != nil {
		b.Fatal(err)
	}
	f := func(name string, o Options) {
		o.Catalogue = c
		d, batch := New(o), ordinaryBatch()
		var r Result
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Detect(batch, &r)
			}
			b.ReportMetric(float64(batch.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
	f("alone", Options{})
	f("with traffic", Options{Traffic: traffic.New(traffic.Options{}), Measure: true})
}
