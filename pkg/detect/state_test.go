package detect

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/traffic"
)

func TestSnapshotAndRestore(t *testing.T) {
	a := newDetector(t)
	var r Result
	a.Detect(newBatch(row{client: client, host: "spa.example", path: "/.env", status: 200}), &r)
	var data bytes.Buffer
	if err := a.WriteSnapshot(&data); err != nil {
		t.Fatal(err)
	}
	b := newDetector(t)
	if err := b.Restore(data.Bytes()); err != nil {
		t.Fatal(err)
	}
	b.Detect(newBatch(row{client: client, host: "spa.example", path: "/.env", status: 404, at: time.Second}), &r)
	if got := outcome(&r); got != client+" decoy.env log shadow" {
		t.Errorf("after restoring: %q", got)
	}
	if err := b.Restore(nil); err != nil {
		t.Errorf("no state: %v", err)
	}
}

// TestTrafficIsKept beside what correlations remember.
func TestTrafficIsKept(t *testing.T) {
	a := newRuling(t, Options{Traffic: traffic.New(traffic.Options{})})
	var r Result
	rows := refusals(client, 0, 2)
	rows[0].status, rows[1].status = 200, 401
	batch := newBatch(append(rows, refusals(client, 2, 1)...)...)
	batch.Received = start.Add(time.Minute).UnixNano()
	a.Detect(batch, &r)
	var data bytes.Buffer
	if err := a.WriteSnapshot(&data); err != nil {
		t.Fatal(err)
	}
	b := newRuling(t, Options{Traffic: traffic.New(traffic.Options{})})
	restore := func(data []byte) error {
		if err := b.Restore(data); err != nil {
			t.Fatal(err)
		}
		return b.Forgot()
	}
	successful := func() uint64 {
		return b.options.Traffic.OfPrefix(netip.MustParsePrefix(client+"/32"), start).Successful
	}
	if err := restore(data.Bytes()); err != nil || successful() != 1 {
		t.Errorf("%v, %d", err, successful())
	}
	b.Detect(newBatch(refusals(client, 3, 1)...), &r)
	if len(r.Findings) != 1 {
		t.Errorf("correlations are not what they were: %+v", r.Findings)
	}
	short := bytes.Replace(data.Bytes(), []byte("honeymoat traffic"), []byte("honeymoat trafico"), 1)
	if err := restore(short); err == nil || successful() != 0 {
		t.Errorf("%v, %d", err, successful())
	}
	if err := restore(data.Bytes()[:data.Len()-9]); err == nil {
		t.Error("nobody is told of what was cut")
	}
}

func TestRestoreOfTheFirstVersion(t *testing.T) {
	d := newDetector(t)
	if err := d.Restore([]byte(`{"version":1,"served":{"env spa.example@gw-a":"2026-01-02T03:04:05Z"},"refusals":{}}`)); err != nil {
		t.Fatal(err)
	}
	var r Result
	d.Detect(newBatch(row{client: client, host: "spa.example", path: "/.env", status: 404, at: time.Second}), &r)
	if got := outcome(&r); got != client+" decoy.env log shadow" {
		t.Errorf("after restoring: %q", got)
	}
}

func TestUnreadableWindowsBeginAnew(t *testing.T) {
	d := newRuling(t, Options{})
	var r Result
	d.Detect(newBatch(refusals(client, 0, 2)...), &r)
	if err := d.Restore([]byte("{\"version\":2}\nwindows")); err != nil || d.Forgot() == nil {
		t.Fatalf("restored with %v, forgot %v", err, d.Forgot())
	}
	d.Detect(newBatch(refusals(client, 2, 1)...), &r)
	if len(r.Findings) != 0 {
		t.Errorf("it goes on counting: %+v", r.Findings)
	}
	d.Detect(newBatch(refusals(client, 3, 2)...), &r)
	if len(r.Findings) != 1 {
		t.Errorf("it does not begin anew: %+v", r.Findings)
	}
}

func TestRestoreFailure(t *testing.T) {
	f := func(data string) {
		t.Helper()
		if err := newDetector(t).Restore([]byte(data)); !errors.Is(err, ErrState) {
			t.Errorf("Restore(%q): %v, want ErrState", data, err)
		}
	}
	f("{")
	f("{}")
	f(`{"version":5}`)
	f(`{"version":2,"refusals":{"xyz":"2026-01-01T00:00:00Z"}}`)
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory[string](100, time.Hour)
	for i := range 10_000 {
		m.put(fmt.Sprint(i), start.Add(time.Duration(i)*time.Second))
		if len(m.seen) > 100 {
			t.Fatalf("%d keys after %d puts", len(m.seen), i)
		}
	}
	if !m.has("9999") || m.has("0") {
		t.Error("the oldest should have gone, not the latest")
	}
	if m.hasAt("9999", start.Add(5*time.Hour)) {
		t.Error("a key is remembered for longer than an hour")
	}
}
