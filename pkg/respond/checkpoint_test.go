package respond

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// written is what a checkpoint says: its line of JSON, and the rest.
func written(t testing.TB, data []byte) string {
	t.Helper()
	line, packed, _ := bytes.Cut(data, []byte{'\n'})
	if !bytes.Equal(line, []byte(`{"version":4}`)) {
		return string(data)
	}
	rest, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	return string(rest)
}

// slowBus takes its time for checkpoints, and ends with whoever waits.
type slowBus struct {
	*fakeBus
	takes time.Duration
}

func (s *slowBus) Save(ctx context.Context, name string, data []byte) error {
	if name == "respond" {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return s.fakeBus.Save(ctx, name, data)
}

// TestLargeStateIsSaved: what is written beside the steps may take longer than a
// stop may, and longer after each failure. People can know meanwhile.
func TestLargeStateIsSaved(t *testing.T) {
	f := func(takes time.Duration, failures uint64) {
		synctest.Test(t, func(t *testing.T) {
			bus, most := newFakeBus(), uint64(0)
			s := start(t, bus, func(o *Options) { o.Checkpoints = &slowBus{bus, takes} })
			mustHandle(t, s, 1, touchBy("192.0.2.7", "r1", time.Now()))
			for range 3600 {
				time.Sleep(time.Second)
				most = max(most, s.Stats().Unsaved)
			}
			if got := s.Stats(); got.Checkpoints == 0 || got.Saved != 1 || got.Unsaved != 0 || most != failures {
				t.Errorf("a save of %v: %+v after %d failures, want %d", takes, got, most, failures)
			}
		})
	}
	f(6*time.Second, 0)
	f(5*time.Minute, 3)
}

// TestCheckpointIsOfItsMoment: what happens while it is written is not in it.
func TestCheckpointIsOfItsMoment(t *testing.T) {
	s, err := New(options(newFakeBus()))
	if err != nil {
		t.Fatal(err)
	}
	s.gate.open()
	live, over := listedBlock(t, 1), listedBlock(t, 2)
	exempt := listedBlock(t, 3)
	exempt.Target, exempt.Action = exempt.Target.Exempt(), block.Allow
	for _, b := range []block.Block{live, over, exempt} {
		s.ledger.Hold(b)
	}
	s.ledger.End(over.ID, EventRemoved, "token:ann", "", epoch)
	c, err := s.capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan bool)
	go func() { // the race detector looks on
		defer close(changed)
		for _, b := range []block.Block{live, over, exempt} {
			s.ledger.blocks.deny(b.ID, 7)
			s.ledger.complaint(complaintEntry{Block: b.ID, At: epoch})
		}
		s.ledger.End(live.ID, EventRemoved, "token:ann", "", epoch)
	}()
	data, err := c.encode()
	<-changed
	if text := written(t, data); err != nil || strings.Contains(text, `"denied"`) || strings.Contains(text, `"complained"`) {
		t.Errorf("written: %s, %v", text, err)
	}
	var saved state
	if _, err := saved.read(data); err != nil {
		t.Fatal(err)
	}
	if _, held := saved.Ledger.Held(live.ID); !held {
		t.Error("a block that ended later is not held")
	}
	if h, _, err := s.Find(over.ID); err != nil || h.Denied != 7 || !h.Complained {
		t.Errorf("what is over counts %+v, %v", h, err)
	}
	if h := s.ledger.blocks.exempt[exempt.ID]; h == nil || h != s.ledger.blocks.byID[exempt.ID] || h != s.ledger.blocks.byKey[exempt.Key()] || h.Denied != 7 {
		t.Errorf("the exemption is known as %+v", h)
	}
}

// TestLoadOfVersionsBefore: the line as it was, before it was compressed.
func TestLoadOfVersionsBefore(t *testing.T) {
	for version := partedVersion; version < packedVersion; version++ {
		c := captured{state: frozenState{Version: stateVersion, Ledger: &ledgerState{}}}
		packed, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		_, memory, _ := bytes.Cut(packed, []byte{'\n'}) // as good as any
		var saved state
		kept, err := saved.read(append(fmt.Appendf(nil, `{"version":%d,"sequence":7,"ledger":{"version":2}}`+"\n", version), memory...))
		if err != nil || saved.Sequence != 7 || saved.Ledger == nil || !strings.Contains(string(kept), `"ledger"`) {
			t.Errorf("version %d: sequence %d, memory %q, %v", version, saved.Sequence, kept, err)
		}
	}
}

// TestDamagedCheckpoint: what is cut anywhere is not read as less.
func TestDamagedCheckpoint(t *testing.T) {
	s, err := New(options(newFakeBus()))
	if err != nil {
		t.Fatal(err)
	}
	s.gate.open()
	s.options.Memory = &memory{seen: []byte("seen")}
	s.ledger.Hold(listedBlock(t, 1))
	c, err := s.capture(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		var saved state
		if _, err := saved.read(data[:n]); !errors.Is(err, ErrState) {
			t.Errorf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	var saved state
	if kept, err := saved.read(data); err != nil || string(kept) != "seen" {
		t.Errorf("all of it: %q, %v", kept, err)
	}
}

// TestFewEndedBlocksAreRemembered: the latest of them.
func TestFewEndedBlocksAreRemembered(t *testing.T) {
	l := NewLedger(LedgerOptions{})
	for i := range 10 {
		b := listedBlock(t, i)
		l.Hold(b)
		l.End(b.ID, EventRemoved, "token:ann", "", epoch.Add(time.Duration(i%5)*time.Second))
	}
	l.blocks.bound(4)
	for i := range 10 {
		if b := listedBlock(t, i); l.Known(b.ID) != (i%5 >= 3) {
			t.Errorf("block %d is remembered: %v", i, l.Known(b.ID))
		}
	}
}
