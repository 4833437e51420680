package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestAFindingLeadsToItsEvent(t *testing.T) {
	f := func(want string, sightings ...finding.Sighting) {
		t.Helper()
		if got, err := recordOf(wire.Finding{ID: "x", Sightings: sightings}); got != want || (err == nil) != (want != "") {
			t.Errorf("%+v: %q, %v; want %q", sightings, got, err, want)
		}
	}
	agent, decoy, access := finding.Sighting{Via: finding.ViaAgent}, finding.Sighting{Via: finding.ViaDecoy, Record: "d-1"}, finding.Sighting{Via: finding.ViaAccess, Record: "a-1"}
	f("")
	f("", agent)
	f("d-1", agent, decoy)
	f("a-1", decoy, access, agent)
	f("a-1", access, decoy)
	if id := finding.NewID("a"); !findingID.MatchString(id) || findingID.MatchString("00c5a0f1e2d3b4a5-1024") {
		t.Errorf("%s is no finding's id, or an event's is", id)
	}
}

func TestAnEventComesBackAsARow(t *testing.T) {
	status, took := int64(404), int64(12e6)
	b, err := batchOf(wire.Event{
		ID: "00c5a0f1e2d3b4a5-1024", Time: time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), Kind: "decoy", Direction: "egress",
		Method: "GET", Path: "/.env", Query: "a=%2e", UserAgent: "probe/1", ClientAddress: "192.0.2.66", PeerAddress: "masked",
		PrincipalKind: "user", HeaderSignature: "host", Status: &status, Duration: &took, Line: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"kind": b.Kind.String(), "direction": b.Direction.String()}
	for _, f := range event.TextFields() {
		if v := b.Text(f, 0); len(v) > 0 {
			got[f.String()] = string(v)
		}
	}
	for _, f := range event.NumberFields() {
		if v := f.Text(b.Number(f, 0)); v != "" {
			got[f.String()] = v
		}
	}
	got["client"], got["peer"] = b.Addr(event.ClientAddress, 0).String(), b.Addr(event.PeerAddress, 0).String()
	want := map[string]string{
		"kind": "decoy", "direction": "egress", "method": "GET", "path": "/.env", "query": "a=%2e", "user_agent": "probe/1",
		"principal_kind": "user", "header_signature": "host", "time": "2026-08-01T12:00:00Z", "line": "7", "status": "404", "duration": "12ms",
		"client": "192.0.2.66", "peer": "invalid IP",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
