package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// progress is how far a stream has been stored. It is saved before each
// insert, so that whoever goes on after a crash sends the same rows under the
// same token, which the store then knows if it has them already.
type progress struct {
	// Epoch tells this stream from one that began anew with the same
	// sequences. It is drawn when there is no progress yet.
	Epoch string `json:"epoch"`
	// Done: all messages up to here are stored or were put aside.
	Done uint64 `json:"done"`
	// Until: an insert of exactly the messages after Done up to here may have
	// been sent. Not above Done: there is none.
	Until uint64 `json:"until,omitempty"`
	// Singles: up to here messages are inserted one by one, because one of
	// them was refused for its content.
	Singles uint64 `json:"singles,omitempty"`
	// Skip are the tables that have their rows of the messages up to Singles.
	Skip []string `json:"skip,omitempty"`
}

// group tells which messages may share an insert: those of one group.
func (p *progress) group(seq uint64) uint64 {
	switch {
	case seq <= p.Singles:
		return seq
	case seq <= p.Until:
		return p.Until
	}
	return ^uint64(0)
}

// complete tells whether the insert that ends with a message takes no more.
func (p *progress) complete(seq uint64) bool { return p.group(seq) == seq }

// open tells whether the insert that a message is in may grow or end freely.
func (p *progress) open(seq uint64) bool { return p.group(seq) == ^uint64(0) }

func newEpoch() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ledger keeps the progress of one stream in the checkpoints.
type ledger struct {
	name  string
	store Checkpoints
}

// load gives the saved progress, or a new one which it saves.
func (l *ledger) load(ctx context.Context) (progress, error) {
	data, found, err := l.store.Load(ctx, l.name)
	if err != nil {
		return progress{}, fmt.Errorf("load progress of %s: %w", l.name, err)
	}
	if !found {
		p := progress{Epoch: newEpoch()}
		return p, l.save(ctx, p)
	}
	var p progress
	if err := json.Unmarshal(data, &p); err != nil {
		return progress{}, fmt.Errorf("progress of %s is damaged: %w (hint: delete the checkpoint %q; what is still on the bus is then stored again)", l.name, err, l.name)
	}
	return p, nil
}

func (l *ledger) save(ctx context.Context, p progress) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("save progress of %s: %w", l.name, err)
	}
	if err := l.store.Save(ctx, l.name, data); err != nil {
		return fmt.Errorf("save progress of %s: %w", l.name, err)
	}
	return nil
}
