package store

import (
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestEraseRemovesOneSubjectOnly(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	b := &event.Batch{Header: event.Header{Source: "a", File: "00000000000000aa", End: 10, Received: time.Now().UnixNano()}}
	row := func(client, forwarded, user string) {
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
		b.SetString(event.ForwardedFor, forwarded)
		b.SetString(event.User, user)
		b.EndRow()
	}
	row("192.0.2.1", "", "")
	row("192.0.2.11", "", "")
	row("198.51.100.7", "192.0.2.1, 203.0.113.5", "")
	row("198.51.100.7", "", "k1:it's\\me")
	row("198.51.100.7", "", "")
	b.SetString(event.Path, "/users/José")
	b.SetString(event.Route, "/users/José")
	row("198.51.100.7", "2001:DB8::1", "")
	b.Reject(event.Position{Offset: 5}, 1, "broken", []byte("192.0.2.1 - -"))
	b.Reject(event.Position{Offset: 6}, 1, "broken", []byte("192.0.2.12 - -"))
	last := r.lines.publish(b)
	rows := r.records.publish(
		record(t, "findings", findingRow("f1", today, row1("actor", "192.0.2.1")), findingRow("f2", today, row1("actor", "192.0.2.12"))),
		record(t, "actors", row1("id", "address:192.0.2.1", "value", "192.0.2.1")),
		record(t, "block_log", row1("id", "b1", "at", today, "target", "192.0.2.1"), row1("id", "b2", "at", today, "target", "192.0.2.0/24")),
		record(t, "audit", row1("id", "a1", "at", today, "who", "shift", "action", "block.add", "subject", "192.0.2.1", "detail", "{}"),
			row1("id", "a2", "at", today, "who", "shift", "address", "192.0.2.1", "action", "block.add", "subject", "203.0.113.9", "detail", "{}")),
	)
	w, stop := r.start(t, s)
	eventually(t, "all stored", func() bool { return w.LinesDone() == last && w.RecordsDone() == rows })
	stop()
	outcomes, err := s.Erase(t.Context(), erase.Subject{Address: netip.MustParseAddr("192.0.2.1")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{
		"store: events": 2, "store: quarantine": 1, "store: findings": 1, "store: actors": 1, "store: block_log": 1,
		"store: audit": 2,
	}
	for _, o := range outcomes {
		if o.Found != want[o.Place] || o.Left != 0 {
			t.Errorf("%s: found %d, left %d; want %d found", o.Place, o.Found, o.Left, want[o.Place])
		}
	}
	wantNumber(t, s, "SELECT toInt64(count()) FROM events", 5)
	wantNumber(t, s, "SELECT toInt64(count()) FROM events WHERE forwarded_for = '[erased], 203.0.113.5'", 1)
	wantNumber(t, s, "SELECT toInt64(count()) FROM findings WHERE actor = '192.0.2.12'", 1)
	wantNumber(t, s, "SELECT toInt64(count()) FROM block_log", 1)
	wantNumber(t, s, "SELECT toInt64(count()) FROM audit WHERE who = 'shift' AND subject = '[erased]' AND address = ''", 1)
	wantNumber(t, s, "SELECT toInt64(count()) FROM audit WHERE who = 'shift' AND subject = '203.0.113.9' AND detail = '{}' AND address = ''", 1)
	p, err := s.Principal(t.Context(), "it's me", []string{"k2:none", `k1:it's\me`})
	if err != nil || p.Events != 1 || p.FirstSeen == nil || len(p.Addresses) != 1 || p.Addresses[0] != "198.51.100.7" {
		t.Errorf("the principal has %+v, %v", p, err)
	}
	if p, err := s.Principal(t.Context(), "nobody", nil); err != nil || p.Events != 0 || p.FirstSeen != nil {
		t.Errorf("nobody has %+v, %v", p, err)
	}
	outcomes, err = s.Erase(t.Context(), erase.Subject{Value: "it's me", Hashes: []string{`k1:it's\me`}})
	if err != nil || outcomes[0].Found != 1 || outcomes[0].Left != 0 {
		t.Errorf("a principal: %+v, %v", outcomes, err)
	}
	if outcomes, err = s.Erase(t.Context(), erase.Subject{Value: "Jos"}); err != nil || outcomes[0].Found != 0 {
		t.Errorf("a part of a name: %+v, %v", outcomes, err)
	}
	outcomes, err = s.Erase(t.Context(), erase.Subject{Address: netip.MustParseAddr("2001:db8::1")})
	if err != nil || outcomes[0].Found != 1 || outcomes[0].Left != 0 {
		t.Errorf("an address in capitals: %+v, %v", outcomes, err)
	}
	wantNumber(t, s, "SELECT toInt64(count()) FROM traffic_1m WHERE route = '/users/José'", 1)
	// A name may be a word: what others left stays, unless that is asked for.
	for _, jose := range []erase.Subject{{Value: "José"}, {Value: "José", Mentions: true, Search: true}} {
		if _, err = s.Erase(t.Context(), jose); err != nil {
			t.Error(err)
		}
		wantNumber(t, s, "SELECT toInt64(count()) FROM traffic_1m WHERE route = '/users/José'", 1)
	}
	if _, err = s.Erase(t.Context(), erase.Subject{Value: "José", Mentions: true}); err != nil {
		t.Error(err)
	}
	wantNumber(t, s, "SELECT toInt64(count()) FROM traffic_1m WHERE route = '/users/José'", 0)
}

// A table that may name somebody is searched, or it is said here why not.
func TestEveryTableIsSearched(t *testing.T) {
	s, _ := migrated(t)
	known := map[string]bool{"agents": true, "schema_migrations": true} // of programs
	for _, trace := range traces() {
		known[trace.table] = true
	}
	rows, err := s.conn.Query(t.Context(), "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		if !known[table] {
			t.Errorf("nobody is erased from the table %s", table)
		}
	}
	if err := rows.Err(); err != nil || n != len(known) {
		t.Errorf("%d tables, want %d: %v", n, len(known), err)
	}
}

// The store and the bus find the same people.
func TestWordExpressionAgreesWithInText(t *testing.T) {
	address := func(text string) erase.Subject { return erase.Subject{Address: netip.MustParseAddr(text)} }
	four, six := address("192.0.2.1"), address("2001:db8::1")
	bob, odd := erase.Subject{Value: "bob"}, erase.Subject{Value: "b.(b"}
	found := map[bool]int{}
	f := func(s erase.Subject, texts ...string) {
		for _, text := range texts {
			got, want := regexp.MustCompile(wordExpression(s)).MatchString(text), s.InText([]byte(text))
			if got != want {
				t.Errorf("%s in %q: the store finds %v, the bus %v", s.Text(), text, got, want)
			}
			found[got]++
		}
	}
	f(four, "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1.", "192.0.2.1.5", "192.0.2.11", "1192.0.2.1", ".192.0.2.1", "at 192.0.2.1. And", "x192.0.2.1:80", "é192.0.2.1é")
	f(six, "2001:db8::1", "[2001:DB8::1]:443", "2001:db8::1.", "2001:db8::1f", "2001:DB8::1F", "2001:db8::1:2", "x=2001:db8::1&")
	f(bob, "bob", "/bob/", "bobé", "ébob", "Bob", "bobby", "kebob", "bob_", "a,bob,b")
	f(odd, "b.(b", "bx(b", "/b.(b?")
	if found[true] < 10 || found[false] < 10 {
		t.Errorf("found %v: the texts do not try both", found)
	}
}

// row1 makes a row of keys and values.
func row1(pairs ...any) row {
	r := row{}
	for i := 0; i < len(pairs); i += 2 {
		r[pairs[i].(string)] = pairs[i+1]
	}
	return r
}
