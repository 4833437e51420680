package endtoend

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

const (
	touchEvery = 400 // ordinary lines to a decoy line, on average
	badEvery   = 300 // good lines to a bad one, on average
)

// place is where a line lay when it was written. A stream is what is written
// into one log until the next is begun.
type place struct {
	stream               int
	offset, line, length int64
}

// numbered is a log whose lines carry their numbers, from 0 on.
type numbered struct {
	name    string
	lane    int
	path    string
	grown   func(k int) string // the log's next name; nil: it keeps its own
	spare   string             // a file in another folder
	dialect dialect
	reader  *reader
	watch   *watch
	random  *rand.Rand
	plain   bool // neither touches nor bad lines

	lines    int              // that it will have
	writes   int              // in which they are written
	beat     time.Duration    // between two writes
	rotateAt map[int]rotation // before which writes it is rotated
	later    map[int][]func() error

	touches map[int]string // clients by the numbers of their lines
	bad     map[int]bool
	places  []place
	tally   map[string]int

	out     *os.File
	now     int      // the present write
	serial  int      // of rotated names
	names   int      // it has had
	old     []string // rotated, and not compressed nor deleted
	owed    []debt   // deleted, and perhaps not read
	present place    // of the next line
	torn    string   // what is left of a line that was written in part
	count   atomic.Int64
}

func newNumbered(name string, lane int, path string, by *reader, d dialect, random *rand.Rand) *numbered {
	return &numbered{
		name: name, lane: lane, path: path, reader: by, dialect: d, random: random,
		rotateAt: map[int]rotation{}, later: map[int][]func() error{},
		touches: map[int]string{}, bad: map[int]bool{}, tally: map[string]int{}, present: place{line: 1},
	}
}

// plan gives the log its share of a plan.
func (l *numbered) plan(p torturePlan, logs int) {
	l.lines, l.writes, l.beat = p.lines/logs, p.writes, p.beat
	for range p.rounds {
		for _, r := range l.rotations() {
			i := 1 + l.random.IntN(l.writes-1)
			for l.rotateAt[i].do != nil {
				i = 1 + l.random.IntN(l.writes-1)
			}
			l.rotateAt[i] = r
		}
	}
}

// Count is how many lines were begun.
func (l *numbered) Count() int { return int(l.count.Load()) }

// write writes all lines at a steady pace.
func (l *numbered) write(ctx context.Context) error {
	if err := l.open(); err != nil {
		return err
	}
	defer func() { _ = l.out.Close() }() // every write was checked
	beat := time.NewTicker(l.beat)
	defer beat.Stop()
	for i := range l.writes {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-beat.C:
		}
		if err := l.step(i); err != nil {
			return errors.Join(fmt.Errorf("write %s: %w", l.path, err), l.settled())
		}
	}
	return l.settled()
}

// step is one write, with a rotation before it if its time has come.
func (l *numbered) step(i int) error {
	l.now = i
	for n := 0; n < len(l.later[i]); n++ { // one of them may add another
		if err := l.later[i][n](); err != nil {
			return err
		}
	}
	if r, ok := l.rotateAt[i]; ok {
		if err := l.rotate(r); err != nil {
			return err
		}
	}
	if i%50 == 0 {
		l.settle()
	}
	text := l.torn
	l.torn = ""
	for due := l.due(i); l.Count() < due; {
		text += l.next()
	}
	if i < l.writes-1 && len(text) > 0 && l.random.IntN(4) == 0 {
		text, l.torn = l.tear(text)
	}
	return l.put(text)
}

// tear cuts a text in two, though not at the end of a line: after that a record
// of several lines may be whole.
func (l *numbered) tear(text string) (now, later string) {
	cut := l.random.IntN(len(text))
	for cut > 0 && text[cut-1] == '\n' {
		cut--
	}
	return text[:cut], text[cut:]
}

func (l *numbered) put(text string) error {
	_, err := l.out.WriteString(text)
	return err
}

// due is how many lines there are after a write: some more or fewer than an
// even share.
func (l *numbered) due(i int) int {
	if i == l.writes-1 {
		return l.lines
	}
	share := l.lines / l.writes
	return min(l.lines, l.lines*(i+1)/l.writes+l.random.IntN(2*share+1)-share)
}

// next makes the next line, and notes where it will lie.
func (l *numbered) next() string {
	n := l.Count()
	text := l.compose(n)
	at := l.present
	at.length = int64(len(text))
	l.places = append(l.places, at)
	l.present.offset += at.length
	l.present.line += int64(strings.Count(text, "\n"))
	l.count.Add(1)
	return text
}

func (l *numbered) compose(n int) string {
	switch {
	case !l.plain && !l.dialect.blameless && l.random.IntN(touchEvery) == 0:
		client := clientOf(l.lane, len(l.touches))
		l.touches[n] = client
		l.watch.touched(client)
		return l.dialect.line(n, client, fmt.Sprintf("%s?n=%d", bait, n), 404)
	case !l.plain && l.random.IntN(badEvery) == 0:
		l.bad[n] = true
		return l.dialect.bad(n)
	}
	client := fmt.Sprintf("198.51.100.%d", l.random.IntN(200))
	return l.dialect.line(n, client, fmt.Sprintf("/shop/%d?n=%d", l.random.IntN(100), n), 200)
}

func (l *numbered) open() (err error) {
	l.out, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

// begin has what is written from now on be another stream.
func (l *numbered) begin() { l.present = place{stream: l.present.stream + 1, line: 1} }

func (l *numbered) finishLine() error {
	text := l.torn
	l.torn = ""
	return l.put(text)
}

// more writes n lines at once, while there are lines left.
func (l *numbered) more(n int) error {
	text := ""
	for ; n > 0 && l.Count() < l.lines; n-- {
		text += l.next()
	}
	return l.put(text)
}
