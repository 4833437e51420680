package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"
)

// touchEvery is how many ordinary lines there are to a decoy line, on average.
const touchEvery = 400

// numbered is a log whose lines carry their numbers, from 0 on.
type numbered struct {
	path     string
	format   func(n int, client, path string, status int) string
	random   *rand.Rand
	lines    int            // that it will have
	writes   int            // in which they are written
	rotateAt map[int]bool   // before which writes it is rotated
	beat     time.Duration  // between two writes
	touches  map[int]string // clients by the numbers of their lines

	out     *os.File
	rotated int
	files   int    // that have lines
	fresh   bool   // the present one has none yet
	torn    string // what is left of a line that was written in part
	count   atomic.Int64
}

func newNumbered(path, network string, format func(int, string, string, int) string, plan torturePlan, random *rand.Rand) *numbered {
	l := &numbered{
		path: path, format: format, random: random, lines: plan.lines / 2, writes: plan.writes, beat: plan.beat,
		rotateAt: map[int]bool{}, touches: map[int]string{},
	}
	for len(l.rotateAt) < plan.rotations {
		l.rotateAt[1+random.IntN(plan.writes-1)] = true
	}
	for n := range l.lines {
		if random.IntN(touchEvery) == 0 {
			// Each touch has a client of its own, so that each is a block.
			host := len(l.touches)
			l.touches[n] = fmt.Sprintf("%s.%d.%d", network, host>>8, host&255)
		}
	}
	return l
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
			return fmt.Errorf("write %s: %w", l.path, err)
		}
	}
	return nil
}

// step is one write, with a rotation before it if its time has come.
func (l *numbered) step(i int) error {
	if l.rotateAt[i] {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	text := l.torn
	l.torn = ""
	for due := l.due(i); l.Count() < due; l.count.Add(1) {
		text += l.line(l.Count())
	}
	if last := i == l.writes-1; !last && len(text) > 0 && l.random.IntN(4) == 0 {
		cut := l.random.IntN(len(text))
		text, l.torn = text[:cut], text[cut:]
	}
	return l.put(text)
}

func (l *numbered) put(text string) error {
	if l.fresh && text != "" {
		l.fresh = false
		l.files++
	}
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

func (l *numbered) line(n int) string {
	if client, ok := l.touches[n]; ok {
		return l.format(n, client, fmt.Sprintf("%s?n=%d", bait, n), 404)
	}
	client := fmt.Sprintf("198.51.100.%d", l.random.IntN(200))
	return l.format(n, client, fmt.Sprintf("/shop/%d?n=%d", l.random.IntN(100), n), 200)
}

func (l *numbered) open() (err error) {
	l.fresh = true
	l.out, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return err
}

// rotate is what logrotate does, in turn with and without copytruncate. A line
// is never in the middle of a rotation, and none is written between the copy
// and the truncation: RATIONALE.md says what is lost otherwise.
func (l *numbered) rotate() error {
	if err := l.finishLine(); err != nil {
		return err
	}
	l.rotated++
	to := fmt.Sprintf("%s.%d", l.path, l.rotated)
	if l.random.IntN(2) == 0 {
		l.fresh = true
		return copyAndTruncate(l.path, to)
	}
	return l.rename(to)
}

// rename moves the log away; as servers do, the writer notices a little later.
func (l *numbered) rename(to string) error {
	if err := os.Rename(l.path, to); err != nil {
		return err
	}
	for late := l.random.IntN(5); late > 0 && l.Count() < l.lines; late-- {
		if err := l.put(l.line(l.Count())); err != nil {
			return err
		}
		l.count.Add(1)
	}
	if err := l.out.Close(); err != nil {
		return err
	}
	return l.open()
}

func (l *numbered) finishLine() error {
	text := l.torn
	l.torn = ""
	return l.put(text)
}

// combinedLine is a line of the combined format.
func combinedLine(n int, client, path string, status int) string {
	return fmt.Sprintf("%s - - [%s] \"GET %s HTTP/1.1\" %d %d \"-\" \"torture/1.0\"\n",
		client, time.Now().Format("02/Jan/2006:15:04:05 -0700"), path, status, 100+n%900)
}

// jsonLine is a line of the log_format that the documentation gives.
func jsonLine(n int, client, path string, status int) string {
	return fmt.Sprintf(`{"time":%q,"peer":%q,"method":"GET","host":"shop.example.net","uri":%q,"protocol":"HTTP/1.1",`+
		`"status":"%d","response_bytes":"%d","user_agent":"torture/1.0","request_id":"%032x","decision":""}`+"\n",
		time.Now().Format(time.RFC3339Nano), client, path, status, 100+n%900, n)
}
