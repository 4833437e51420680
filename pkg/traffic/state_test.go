package traffic

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"
)

func filled() *Counts {
	c := New(Options{Seed: 77})
	for h := range 30 {
		at := start.Add(time.Duration(h) * time.Hour)
		c.all(batch(
			request{client: "192.0.2.7", user: fmt.Sprint(h), status: 200, at: at},
			request{client: "192.0.2.8", user: fmt.Sprint(h % 3), status: 200, at: at},
			request{client: "192.0.2.9", status: 404, at: at},
		), at)
	}
	return c
}

func TestSnapshot(t *testing.T) {
	c, now := filled(), start.Add(29*time.Hour)
	next := copied(t, c)
	for _, name := range []string{"192.0.2.7", "192.0.2.8", "192.0.2.0/28"} {
		before, after := c.Of(target(t, name), now), next.Of(target(t, name), now)
		if before.Successful != after.Successful || before.Principals != after.Principals || after.Successful == 0 || after.Principals == 0 {
			t.Errorf("%s: %+v, before %+v", name, after, before)
		}
	}
	if d := next.Of(target(t, "192.0.2.9"), now); d.Requests != 0 {
		t.Errorf("%+v", d)
	}
	if again := copied(t, next); said(again.Of(target(t, "192.0.2.0/24"), now)) != said(next.Of(target(t, "192.0.2.0/24"), now)) {
		t.Error("a second snapshot differs")
	}
	if err := c.Restore(nil); err != nil || c.Stats().Clients != 0 {
		t.Errorf("%v, %+v", err, c.Stats())
	}
}

func TestBrokenSnapshotsAreRefused(t *testing.T) {
	c := filled()
	var out bytes.Buffer
	if err := c.WriteSnapshot(&out); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	before := c.Stats()
	for n := 1; n < len(data); n++ {
		if err := c.Restore(data[:n]); !errors.Is(err, ErrState) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	for i := range data {
		broken := bytes.Clone(data)
		broken[i] ^= 0xff
		_ = New(Options{}).Restore(broken) // may be another snapshot, and must not panic
	}
	if err := c.Restore(append(data, 1)); !errors.Is(err, ErrState) || c.Stats() != before {
		t.Errorf("%v, %+v", err, c.Stats())
	}
}

// TestRestoreIntoLess: of more than there is room for some are kept.
func TestRestoreIntoLess(t *testing.T) {
	var out bytes.Buffer
	if err := filled().WriteSnapshot(&out); err != nil {
		t.Fatal(err)
	}
	small := New(Options{MaxClients: 1, MaxPrincipals: 2})
	if err := small.Restore(out.Bytes()); err != nil || small.Stats().Clients != 1 || small.Stats().Principals != 2 {
		t.Errorf("%v, %+v", err, small.Stats())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestSnapshotTellsThatItCannotBeWritten(t *testing.T) {
	if err := filled().WriteSnapshot(full{}); err == nil {
		t.Error("nobody was told")
	}
}
