package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// row is a row of a record.
type row map[string]any

func record(t testing.TB, table string, rows ...row) Record {
	t.Helper()
	var body []byte
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		body = append(append(body, line...), '\n')
	}
	return Record{Table: table, ID: fmt.Sprint(table, len(body)), Rows: body}
}

// recorded writes records and waits until they are there.
func recorded(t testing.TB, s *Store, records ...Record) *rig {
	t.Helper()
	r := newRig()
	last := r.records.publish(records...)
	w, stop := r.start(t, s)
	eventually(t, "all records stored", func() bool { return w.RecordsDone() == last })
	stop()
	return r
}

func findingRow(id string, at time.Time, change row) row {
	r := row{
		"id": id, "sighting": "s1", "time": at, "rule": "decoy.env-file", "rule_version": "1", "family": "decoy",
		"tier": "notify", "score": 0.9, "actor_kind": "address", "actor": "198.51.100.7", "title": "Touched", "reason": "asked for /.env",
		"segment": "", "via": "access", "record": "0000000000000001-1", "source": "nginx", "gateway": "gw0", "file": "/var/log/a",
		"line": 7, "request_id": "r1", "method": "GET", "host": "h", "path": "/.env", "status": 404, "user_agent": "curl", "discarded": false,
	}
	for k, v := range change {
		r[k] = v
	}
	return r
}

func TestFindingsWithSightings(t *testing.T) {
	s, _ := migrated(t)
	second := findingRow("f1", today, row{"sighting": "s2", "via": "agent", "block_id": "00000000000000aa"})
	recorded(t, s,
		record(t, "findings", findingRow("f1", today, nil), second),
		record(t, "findings", second), // delivered again
		record(t, "findings", findingRow("f2", today.Add(time.Minute), row{"tier": "page", "actor": "198.51.100.8", "rule": "other"})),
	)
	got, err := s.Finding(t.Context(), "f1")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Sightings) != 2 || got.Sightings[0].Via != finding.ViaAccess || got.Sightings[1].Via != finding.ViaAgent {
		t.Errorf("sightings %+v", got.Sightings)
	}
	want := finding.Sighting{
		Via: finding.ViaAccess, Record: "0000000000000001-1", Source: "nginx", Gateway: "gw0", File: "/var/log/a", Line: 7,
		RequestID: "r1", Method: "GET", Host: "h", Path: "/.env", Status: 404, UserAgent: "curl",
	}
	if got.Sightings[0] != want {
		t.Errorf("sighting %+v\nwant %+v", got.Sightings[0], want)
	}
	got.Sightings = nil
	whole := wire.Finding{
		ID: "f1", Time: today, Rule: "decoy.env-file", RuleVersion: "1", Family: finding.Decoy, Tier: finding.Notify, Score: 0.9,
		Actor: finding.Actor{Kind: finding.Address, Value: "198.51.100.7"}, Title: "Touched", Reason: "asked for /.env",
		BlockID: "00000000000000aa",
	}
	if !reflect.DeepEqual(got, whole) {
		t.Errorf("finding %+v\nwant %+v", got, whole)
	}
	testFindingFilters(t, s)
}

// TestFindingsWithStatistics: a finding that grew is told as it was last.
func TestFindingsWithStatistics(t *testing.T) {
	s, _ := migrated(t)
	statistic := row{
		"owner": "team-a", "shape": "burst", "series": "requests of GET /users/{id}", "unit": "requests", "expected": 10.5, "seen": 300.0,
		"lower": 4.0, "upper": 20.0, "since": today, "probability": 1e-6, "parts": `[{"kind":"address","value":"192.0.2.7","share":0.9}]`,
	}
	grown := row{"seen": 900.0, "until": today.Add(time.Hour)}
	for k, v := range statistic {
		if grown[k] == nil {
			grown[k] = v
		}
	}
	recorded(t, s, record(t, "findings", findingRow("s1", today, statistic)))
	recorded(t, s, record(t, "findings", findingRow("s1", today, grown)))
	got, err := s.Finding(t.Context(), "s1")
	want := &finding.Statistic{
		Shape: finding.Burst, Series: "requests of GET /users/{id}", Unit: "requests", Expected: 10.5, Seen: 900, Lower: 4, Upper: 20,
		Since: today, Until: today.Add(time.Hour), Probability: 1e-6, Parts: []finding.Part{{Kind: "address", Value: "192.0.2.7", Share: 0.9}},
	}
	if err != nil || got.Owner != "team-a" || !reflect.DeepEqual(got.Statistic, want) {
		t.Errorf("owner %q, statistic %+v, %v; want %+v", got.Owner, got.Statistic, err, want)
	}
}

func testFindingFilters(t *testing.T, s *Store) {
	t.Helper()
	f := func(want string, q wire.FindingQuery) {
		t.Helper()
		page, err := s.Findings(t.Context(), q)
		var ids []string
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != want {
			t.Errorf("%+v: %q, error %v; want %q", q, got, err, want)
		}
	}
	no, yes := false, true
	f("f2 f1", wire.FindingQuery{})
	f("f2", wire.FindingQuery{Tier: finding.Page})
	f("f2 f1", wire.FindingQuery{Tier: finding.Log, Discarded: &no})
	f("", wire.FindingQuery{Discarded: &yes})
	f("f1", wire.FindingQuery{Rule: "decoy.env-file", Family: finding.Decoy})
	f("f1", wire.FindingQuery{Actor: finding.Actor{Kind: finding.Address, Value: "198.51.100.7"}})
	f("f1", wire.FindingQuery{Period: wire.Period{Until: today.Add(time.Second)}})
	page, err := s.Findings(t.Context(), wire.FindingQuery{Slice: wire.Slice{Limit: 1}})
	if err != nil || page.Next == "" {
		t.Fatalf("first page: next %q, error %v", page.Next, err)
	}
	f("f1", wire.FindingQuery{Slice: wire.Slice{Limit: 1, Cursor: page.Next}})
}

func TestAuditPages(t *testing.T) {
	s, _ := migrated(t)
	var rows []row
	for i := range 5 {
		rows = append(rows, row{"id": fmt.Sprint("a", i), "at": today.Add(time.Duration(i/2) * time.Second), "who": "token:ops", "role": "admin",
			"address": "10.0.0.1", "action": "block.add", "subject": "198.51.100.7", "detail": `{"n":1}`, "outcome": "done"})
	}
	recorded(t, s, record(t, "audit", rows...))
	var ids []string
	q := wire.AuditQuery{Slice: wire.Slice{Limit: 2}, Who: "token:ops", Action: "block.add", Subject: "198.51.100.7"}
	for {
		page, err := s.Audit(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			ids = append(ids, e.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if got := strings.Join(ids, " "); got != "a4 a3 a2 a1 a0" {
		t.Errorf("entries %q", got)
	}
}

func TestBlockLogActorsAndAgents(t *testing.T) {
	s, _ := migrated(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	recorded(t, s,
		record(t, "block_log",
			row{"id": "l2", "block_id": "00000000000000aa", "at": today.Add(time.Hour), "event": "expired", "segment": "all", "scope": "address", "target": "198.51.100.7", "denied": 12},
			row{"id": "l1", "block_id": "00000000000000aa", "at": today, "event": "added", "segment": "all", "scope": "address", "target": "198.51.100.7", "by": "rule:decoy.env-file", "reason": "asked", "findings": []string{"f1"}}),
		record(t, "actors", row{"id": "address:198.51.100.7", "kind": "address", "value": "198.51.100.7", "at": today, "tier": "notify",
			"reasons": []string{"one", "two"}, "families": []string{"decoy"}, "findings": 2, "first_seen": today, "last_seen": today, "block_id": "00000000000000aa"}),
		record(t, "agents",
			row{"id": "r1", "at": now.Add(-time.Minute), "name": "edge-1", "segment": "all", "revision": 4},
			row{"id": "r2", "at": now, "name": "edge-1", "gateway": "gw0", "segment": "all", "revision": 5, "latest": 6, "count": 3, "propagation_ms": 2.5, "connected": true, "denied": 9, "decided": 99}))
	events, err := s.BlockLog(t.Context(), block.ID(0xaa))
	if err != nil || len(events) != 2 || events[0].Event != "added" || events[1].Denied != 12 {
		t.Errorf("block log %+v, error %v", events, err)
	}
	if none, err := s.BlockLog(t.Context(), block.ID(1)); err != nil || len(none) != 0 {
		t.Errorf("log of no block: %v, error %v", none, err)
	}
	states, err := s.ActorHistory(t.Context(), finding.Actor{Kind: finding.Address, Value: "198.51.100.7"}, wire.Period{})
	if err != nil || len(states) != 1 || states[0].Tier != "notify" || len(states[0].Reasons) != 2 || states[0].Findings != 2 {
		t.Errorf("actor %+v, error %v", states, err)
	}
	ms := 2.5
	want := AgentReport{Name: "edge-1", Segment: "all", At: now, Gateway: "gw0", Connected: true, Revision: 5, Latest: 6, Count: 3, PropagationMillis: &ms, Denied: 9, Decided: 99}
	reports, err := s.AgentReports(t.Context(), 1)
	if err != nil || len(reports) != 1 || !reflect.DeepEqual(reports[0], want) {
		t.Errorf("agents %+v, error %v\nwant %+v", reports, err, want)
	}
}

func TestCounts(t *testing.T) {
	s, _ := migrated(t)
	b := makeBatch(0, 0, 100)
	b.Reject(event.Position{Line: 1}, 1, "no request", []byte("x"))
	stored(t, s, b)
	recorded(t, s,
		record(t, "findings", findingRow("f1", today, nil), findingRow("f1", today, row{"sighting": "s2"})),
		record(t, "block_log", row{"id": "l1", "block_id": "00000000000000aa", "at": today, "event": "added"}))
	got, err := s.Counts(t.Context(), wire.Period{Since: today.Add(-time.Hour), Until: today.Add(time.Hour)})
	want := Counts{Requests: 100, Quarantined: 1, Findings: 1, Actors: 1, BlocksAdded: 1}
	if err != nil || got != want {
		t.Errorf("%+v, error %v\nwant %+v", got, err, want)
	}
}

func TestBadRecordsArePutAside(t *testing.T) {
	s, _ := migrated(t)
	good := record(t, "audit", row{"id": "a1", "at": today, "who": "x"})
	r := recorded(t, s, good,
		Record{Table: "nowhere", Rows: []byte(`{"id":"1"}`)},
		Record{Table: "findings", Rows: []byte(`{"id": not json`)},
		record(t, "findings", findingRow("f1", today, row{"score": "many"})),
		record(t, "audit", row{"id": "a2", "at": today, "who": "x", "column_of_later": 1}))
	wantNumber(t, s, "SELECT toInt64(count()) FROM audit", 2)
	wantNumber(t, s, "SELECT toInt64(count()) FROM findings", 0)
	dead := r.buried()
	if len(dead) != 3 || !contains(dead, "records 2 ") || !contains(dead, "records 3 ") || !contains(dead, "records 4 ") {
		t.Errorf("dead letters %q, want messages 2, 3 and 4", dead)
	}
}
