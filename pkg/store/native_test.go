package store

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestFlagsCostNoAllocationARow(t *testing.T) {
	flags := make([]int64, 1000)
	for i := range flags {
		flags[i] = int64(event.NoUserAgent | event.NoBytes)
	}
	flags[0], flags[1] = event.Unknown, 0
	var c listColumn
	c.addFlags(0, flags) // makes the column as large as it will be
	if got, want := c.items.rows, 2*998; got != want {
		t.Errorf("%d names of flags, want %d", got, want)
	}
	allocations := testing.AllocsPerRun(10, func() {
		c.reset()
		c.addFlags(0, flags)
	})
	if allocations > 10 {
		t.Errorf("%v allocations for %d rows", allocations, len(flags))
	}
}
