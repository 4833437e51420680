package watch

import (
	"math"
)

// A record is what one test of one series has raised.
type record struct {
	Until    int64   // an episode lasts until then
	Level    int32   // with which it was counted, and one more; 0 = not
	Opened   float32 // incidents, half of which are forgotten in a week
	OpenedAt int64
}

const episode = 30 * minute

// counted is the level with which the episode of now was counted; -1 = none.
func (r *record) counted(now int64) int {
	if now >= r.Until {
		r.Level = 0
	}
	return int(r.Level) - 1
}

// hold notes that an episode goes on, and with which level it is counted.
func (r *record) hold(now, step int64, level int) {
	r.Level = max(r.Level, int32(level+1))
	r.Until = now + max(episode, 2*step)
}

// open notes that an incident was opened.
func (r *record) open(now int64) {
	r.Opened = float32(r.habit(now)) + 1
	r.OpenedAt = now
}

// habit is how many incidents were opened lately.
func (r *record) habit(now int64) float64 {
	return float64(r.Opened) * math.Exp2(-float64(now-r.OpenedAt)/float64(7*day))
}

func (r *record) code(c *coder) {
	c.int(&r.Until)
	whole(c, &r.Level)
	r.Level = max(0, min(r.Level, tallyLevels))
	c.small(&r.Opened)
	c.int(&r.OpenedAt)
}
