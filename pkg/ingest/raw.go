package ingest

import (
	"bytes"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// headBytes is how much of a file's beginning is kept for a later reading of a
// record: it may tell what the columns are.
const headBytes = 4 << 10

// rawRecords are the raw bytes of a batch's rejected records, taken when they
// were parsed: the file may be another one when the batch leaves, and somebody
// else reads it by then. They implement Raw. The zero value holds none.
type rawRecords struct {
	head   []byte // the file's beginning; not changed
	places []int64
	ends   []int
	data   []byte
}

func (r *rawRecords) reset() {
	r.head, r.places, r.ends, r.data = nil, r.places[:0], r.ends[:0], r.data[:0]
}

// take copies the rejected records from one on out of data, which lies at an
// offset in the file.
func (r *rawRecords) take(rejected []event.Rejected, data []byte, at int64) {
	for i := range rejected {
		skip := rejected[i].Offset - at
		if skip < 0 || skip > int64(len(data)) {
			continue
		}
		r.data = append(r.data, data[skip:min(skip+rejected[i].Length, int64(len(data)))]...)
		r.places, r.ends = append(r.places, rejected[i].Offset), append(r.ends, len(r.data))
	}
}

// ReadAt implements Raw: it gives the record that holds the offset, or else the
// file's beginning.
func (r *rawRecords) ReadAt(p []byte, offset int64) (int, error) {
	i, exact := slices.BinarySearch(r.places, offset)
	if !exact {
		i--
	}
	if i >= 0 {
		start := 0
		if i > 0 {
			start = r.ends[i-1]
		}
		record := r.data[start:r.ends[i]]
		if skip := offset - r.places[i]; skip < int64(len(record)) {
			return copy(p, record[skip:]), nil
		}
	}
	if offset < int64(len(r.head)) {
		return copy(p, r.head[offset:]), nil
	}
	return 0, nil
}

// beginning is a copy of the first bytes of data.
func beginning(data []byte) []byte { return bytes.Clone(data[:min(len(data), headBytes)]) }
