package tailer

import (
	"math"
	"testing"
)

func through(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestTurnstile(t *testing.T) {
	f := func(what string, size int64, steps func(o *turnstile), want bool) {
		t.Helper()
		o := &turnstile{committed: 10}
		next := o.queue(size)
		steps(o)
		if through(next) != want {
			t.Errorf("%s: want %v", what, want)
		}
	}
	f("nothing has happened", 100, func(*turnstile) {}, false)
	f("all of it was on the bus before", 10, func(*turnstile) {}, true)
	f("all of it is on the bus", 100, func(o *turnstile) { o.commit(100) }, true)
	f("half of it is", 100, func(o *turnstile) { o.commit(50) }, false)
	f("it ends with half a line", 100, func(o *turnstile) { o.reached(100, 90); o.commit(90) }, true)
	f("its whole lines are not on the bus yet", 100, func(o *turnstile) { o.commit(80); o.reached(100, 90) }, false)
	f("its end was reached before it grew", 100, func(o *turnstile) { o.reached(50, 10) }, false)
	f("nobody knows its size", math.MaxInt64, func(o *turnstile) { o.commit(1 << 40) }, false)
	f("its end was found", math.MaxInt64, func(o *turnstile) { o.reached(math.MaxInt64, 90); o.commit(90) }, true)
	f("nobody ships it any more", 100, func(o *turnstile) { o.release() }, true)
}

func TestWhatPrecedes(t *testing.T) {
	f := func(earlier, later sighting, want bool) {
		t.Helper()
		if precedes(earlier, later) != want {
			t.Errorf("%+v before %+v: want %v", earlier, later, want)
		}
	}
	live := func(path string) sighting { return sighting{path: path, matched: true} }
	rotated := func(path string) sighting { return sighting{path: path} }
	f(rotated("/l/access.log.1"), live("/l/access.log"), true)
	f(rotated("/l/access.log.2.gz"), rotated("/l/access.log.1"), true)
	f(rotated("/l/access.log"), live("/l/access.log"), true) // renamed since, or deleted
	f(rotated("/l/access.log"), rotated("/l/access.log.1"), true)
	f(live("/l/access.log"), live("/l/access.log"), true) // renamed while a scan looked, which saw both there
	f(live("/l/access.log.1"), live("/l/access.log"), true)
	f(live("/l/access.log"), live("/l/access.log.1"), false)
	f(live("/l/app-1.log"), live("/l/app-2.log"), false)
	f(rotated("/l/access.log.1"), live("/m/access.log"), false)
	f(rotated("/l/error.log.1"), live("/l/access.log"), false)
	f(sighting{path: "/l/a.log.1.gz", matched: true, packed: true}, live("/l/a.log"), false)
}
