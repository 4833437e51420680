package bus

import (
	"context"
	"errors"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Records of a file that are read again follow each other in a lane of their
// own: the file itself goes on undisturbed, and the other way round.
func TestLaneHasAnOrderOfItsOwn(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	const laneID = "00000000000000ff"
	p := w.Publisher(Local)
	publish := func(b *event.Batch, after uint64) uint64 {
		t.Helper()
		sequence, err := p.Publish(t.Context(), b, after)
		if err != nil {
			t.Fatal(err)
		}
		return sequence
	}
	live := publish(batch(0, 10), 0)
	again := batch(0, 1)
	again.Lane = laneID
	retried := publish(again, 0)
	publish(batch(10, 20), live)
	if _, err := p.Publish(t.Context(), again, live); !errors.Is(err, ingest.ErrFenced) {
		t.Errorf("behind the file's message: %v", err)
	}
	mark, err := p.Last(t.Context(), "web", laneID)
	if err != nil || mark.Sequence != retried || mark.End.Offset != 1 {
		t.Errorf("the lane's mark is %+v, %v", mark, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var lanes []string
	err = w.Lines("test").Consume(ctx, 0, func(_ uint64, b *event.Batch) error {
		if b.File != testFile {
			t.Errorf("file %q", b.File)
		}
		if lanes = append(lanes, b.Lane); len(lanes) == 3 {
			cancel()
		}
		return nil
	})
	if err != nil || len(lanes) != 3 || lanes[1] != laneID || lanes[0]+lanes[2] != "" {
		t.Errorf("lanes %q, %v", lanes, err)
	}
}
