package backtest

import (
	"cmp"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// place is where a record stands in history, which is read in this order.
type place struct {
	time   int64
	file   string
	offset int64
}

func placeOf(b *event.Batch, row int) place {
	return place{b.Number(event.Time, row), b.File, b.Number(event.Offset, row)}
}

// placeOfFinding is that of the record which completed it.
func placeOfFinding(f *finding.Finding) place {
	p := place{time: f.Time.UnixNano()}
	if file, offset, err := event.ParseRecordID(f.Sighting.Record); err == nil {
		p.file, p.offset = file, offset
	}
	return p
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.time, q.time), strings.Compare(p.file, q.file), cmp.Compare(p.offset, q.offset))
}
