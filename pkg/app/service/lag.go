package service

import "time"

// maxSamples bounds what a lag remembers: an end every second for half an hour
// exactly, and more of the past the more coarsely.
const maxSamples = 2048

// lag tells for how long a consumer has been behind the stream that it reads.
type lag struct {
	samples []streamEnd // that the consumer has not reached, oldest first
}

// streamEnd is the sequence of a stream's last message, and when it was seen
// to be that first.
type streamEnd struct {
	sequence uint64
	at       time.Time
}

// behind notes the stream's end and how far its consumer is. It gives the time
// since which the consumer has known less than there was, and how many messages
// that is now.
func (l *lag) behind(end, position uint64, now time.Time) (time.Duration, uint64) {
	if n := len(l.samples); n == 0 || l.samples[n-1].sequence < end {
		l.samples = append(l.samples, streamEnd{end, now})
	}
	reached := 0
	for reached < len(l.samples) && l.samples[reached].sequence <= position {
		reached++
	}
	l.samples = l.samples[:copy(l.samples, l.samples[reached:])]
	if len(l.samples) == 0 {
		return 0, 0
	}
	l.thin()
	return now.Sub(l.samples[0].at), end - position
}

// thin forgets every second sample when there are too many. The oldest stays.
func (l *lag) thin() {
	if len(l.samples) < maxSamples {
		return
	}
	kept := l.samples[:0]
	for i := 0; i < len(l.samples); i += 2 {
		kept = append(kept, l.samples[i])
	}
	l.samples = kept
}
