package agent

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Clock is the agent's sense of time. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now never goes back, is not moved when somebody sets the time, and
	// counts the time that the machine was suspended, once Refresh was called.
	Now() time.Duration
	// Boot names what Now counts from: values of Now with the same non-empty
	// name compare, over restarts of the agent too.
	Boot() string
	// Wall is the time of day, which somebody may set.
	Wall() time.Time
	// Refresh takes note of a suspension. Call it about once a second.
	Refresh()
}

// SystemClock is the machine's time since boot. Reading it costs no system
// call.
type SystemClock struct {
	boot    string
	started time.Time     // of this clock, with Go's monotonic reading
	uptime  time.Duration // when it started
	asleep  atomic.Int64  // nanoseconds suspended since
}

// NewSystemClock reads the time since boot.
func NewSystemClock() (*SystemClock, error) {
	uptime, err := sinceBoot()
	if err != nil {
		return nil, err
	}
	// Where the boot has no name (some sandboxes), time away is taken from the
	// time of day instead.
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return &SystemClock{boot: strings.TrimSpace(string(id)), started: time.Now(), uptime: uptime}, nil
}

// Now implements Clock.
func (c *SystemClock) Now() time.Duration {
	return c.uptime + time.Since(c.started) + time.Duration(c.asleep.Load())
}

// Boot implements Clock.
func (c *SystemClock) Boot() string { return c.boot }

// Wall implements Clock.
func (c *SystemClock) Wall() time.Time { return time.Now() }

// Refresh implements Clock.
func (c *SystemClock) Refresh() {
	uptime, err := sinceBoot()
	if err != nil {
		return
	}
	// The two clocks differ by suspensions only; less is the time between
	// reading the one and the other.
	if missed := uptime - c.Now(); missed > 10*time.Millisecond {
		c.asleep.Add(int64(missed))
	}
}

func sinceBoot() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0, fmt.Errorf("read the time since boot: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}
