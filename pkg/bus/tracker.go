package bus

import "time"

// tracker knows which messages of the stream of lines may go.
type tracker struct {
	waiting []arrival // above the floor, in the order of the stream
	files   map[string]*fileTrack
	dirty   map[string]bool // files with something to purge
}

type arrival struct {
	seq  uint64
	file *fileTrack
}

type fileTrack struct {
	subject string
	kept    uint64 // last processed message; 0 = none
	last    uint64 // last message
	at      time.Time
}

func newTracker() *tracker {
	return &tracker{files: map[string]*fileTrack{}, dirty: map[string]bool{}}
}

// saw notes a message of the stream. Messages come in order.
func (t *tracker) saw(subject string, seq uint64, at time.Time) {
	f := t.files[subject]
	if f == nil {
		f = &fileTrack{subject: subject}
		t.files[subject] = f
	}
	f.last, f.at = seq, at
	t.waiting = append(t.waiting, arrival{seq, f})
}

// processed gives, for each subject with something to purge, the sequence
// below which it is to be purged. All messages up to floor are processed;
// files without a message since idle go wholly.
func (t *tracker) processed(floor uint64, idle time.Time) map[string]uint64 {
	n := 0
	for n < len(t.waiting) && t.waiting[n].seq <= floor {
		a := t.waiting[n]
		if a.file.kept != 0 {
			t.dirty[a.file.subject] = true
		}
		a.file.kept = a.seq
		n++
	}
	t.waiting = t.waiting[n:]
	if len(t.waiting) == 0 {
		t.waiting = nil
	}
	below := make(map[string]uint64, len(t.dirty))
	for subject := range t.dirty {
		below[subject] = t.files[subject].kept
	}
	clear(t.dirty)
	t.forgetIdle(idle, below)
	return below
}

func (t *tracker) forgetIdle(idle time.Time, below map[string]uint64) {
	for subject, f := range t.files {
		if f.kept == f.last && f.at.Before(idle) {
			below[subject] = f.last + 1
			delete(t.files, subject)
		}
	}
}

// again puts a subject back whose purge has failed.
func (t *tracker) again(subject string) {
	if t.files[subject] != nil {
		t.dirty[subject] = true
	}
}
