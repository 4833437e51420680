package evidence

import (
	"math/bits"
	"time"
)

// Hours are the hours in which something was found, of the 64 up to the last
// one: the lowest bit is that one, the next the hour before.
type Hours uint64

// hour in nanoseconds.
const hour = int64(time.Hour)

// MaxHours is how many hours back they reach.
const MaxHours = 64

// with adds an hour. last and at are Unix nanoseconds; the lowest bit is the
// hour of last, and of the later of both afterwards.
func (h Hours) with(last, at int64) Hours {
	ahead := hourOf(at) - hourOf(last)
	switch {
	case ahead >= MaxHours:
		return 1
	case ahead >= 0:
		return h<<ahead | 1
	case ahead > -MaxHours:
		return h | 1<<-ahead
	default:
		return h
	}
}

// since leaves the hours from a time on.
func (h Hours) since(last, from int64) Hours {
	n := hourOf(last) - hourOf(from) + 1
	switch {
	case n <= 0:
		return 0
	case n >= MaxHours:
		return h
	default:
		return h & (1<<n - 1)
	}
}

// moved gives the same hours with the lowest bit at another last hour.
func (h Hours) moved(from, to int64) Hours {
	ahead := hourOf(to) - hourOf(from)
	switch {
	case ahead >= MaxHours || ahead <= -MaxHours:
		return 0
	case ahead >= 0:
		return h << ahead
	default:
		return h >> -ahead
	}
}

func (h Hours) count() int { return bits.OnesCount64(uint64(h)) }

// starts are the beginnings of the hours, earliest first.
func (h Hours) starts(last int64) []int64 {
	var list []int64
	for i := MaxHours - 1; i >= 0; i-- {
		if h&(1<<i) != 0 {
			list = append(list, (hourOf(last)-int64(i))*hour)
		}
	}
	return list
}

// hourOf counts hours since 1970, those before as negative.
func hourOf(at int64) int64 {
	n := at / hour
	if at%hour < 0 {
		n--
	}
	return n
}
