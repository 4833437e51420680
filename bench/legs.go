package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// leg is a part of the way of touches, from one moment to the next.
type leg struct {
	Name string `json:"name"`
	spread
	Slow float64 `json:"slow_ms"` // mean over the slowest tenth of the touches
}

// legNames are the parts of the way from a written line to the last agent.
var legNames = [...]string{
	"written → read", "its batch is closed", "the bus has it on disk", "found, judged, decided", "put",
	"the bus takes it", "on disk, the first agent", "the last agent",
}

// journey is the moments between the legs of one touch, in Unix nanoseconds.
type journey [len(legNames) + 1]int64

func (j *journey) took(leg int) time.Duration { return time.Duration(j[leg+1] - j[leg]) }

func (j *journey) whole() time.Duration { return time.Duration(j[len(legNames)] - j[0]) }

// tellApart finds out how long each part of the way took the touches after so
// many clients. Who ships and who enforces have noted their parts; when the
// service decided is in its blocks.
func tellApart(ctx context.Context, log *sharedLog, after, samples int, v *stage.Service, ships, all audience) ([]leg, error) {
	from, ok1 := ships.(*crowded)
	to, ok2 := all.(*crowded)
	if !ok1 || !ok2 {
		return nil, errors.New("the way of touches is told apart between agents that are played: more than one of them has to be reached")
	}
	blocks, err := v.API.LiveBlocks(ctx)
	if err != nil {
		return nil, err
	}
	decided := map[string]int64{}
	for i := range blocks {
		decided[blocks[i].Target.String()] = blocks[i].CreatedAt.UnixNano()
	}
	journeys := make([]journey, samples)
	for i := range journeys {
		client := clientNumber(after + 1 + i)
		sent, err1 := from.await(ctx, client)
		came, err2 := to.await(ctx, client)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("the way of %s: %w", client, err)
		}
		journeys[i] = journey{
			log.touches[client].UnixNano(), sent.Read, sent.Closed, sent.Acknowledged,
			decided[client], came.Put, came.Stored, came.First, came.Last,
		}
	}
	return legsOf(journeys), nil
}

// legsOf sums up journeys, of which there is one at least.
func legsOf(journeys []journey) []leg {
	slices.SortFunc(journeys, func(a, b journey) int { return int(a.whole() - b.whole()) })
	slowest := journeys[len(journeys)*9/10:]
	legs := make([]leg, len(legNames))
	for n, name := range legNames {
		times := make([]time.Duration, len(journeys))
		for i := range journeys {
			times[i] = journeys[i].took(n)
		}
		var slow time.Duration
		for i := range slowest {
			slow += slowest[i].took(n)
		}
		legs[n] = leg{name, spreadOf(times), (slow / time.Duration(len(slowest))).Seconds() * 1000}
	}
	return legs
}

// legColumns head the rows of legs.
const legColumns = "\nof the way\tagents\tlines/s besides\tp50 ms\tp90 ms\tp99 ms\tmax ms\tslowest tenth, mean ms"

func (l *leg) columns(p *propagation) string {
	return fmt.Sprintf("%s\t%d\t%d\t%s\t%.1f", l.Name, p.Agents, p.LinesPerSecond, l.spread, l.Slow)
}
