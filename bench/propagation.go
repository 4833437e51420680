package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

const partPropagation = "propagation"

// loads are the lines a second that are written besides the touches.
var loads = []int{0, 20_000}

const (
	// askEvery is the pause between two questions to the second gateway: the
	// resolution of the figures. Asking without a pause would take the core
	// that the programs under test need.
	askEvery = 250 * time.Microsecond
	// between is the pause between two touches.
	between = 20 * time.Millisecond
	// settle is for how long a load runs before anything is timed.
	settle = 2 * time.Second
)

// propagation is how long it took from a line written in one gateway's log
// until another gateway refused its client.
type propagation struct {
	LinesPerSecond int     `json:"lines_per_second"` // written besides
	Samples        int     `json:"samples"`
	P50            float64 `json:"p50_ms"`
	P90            float64 `json:"p90_ms"`
	P99            float64 `json:"p99_ms"`
	Max            float64 `json:"max_ms"`
}

// measurePropagation has one agent ship a log and asks another agent.
func measurePropagation(ctx context.Context, o options) (results []propagation, err error) {
	s, err := newStage(o, "propagation")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	log := &sharedLog{path: filepath.Join(s.Path("access.log"))}
	v, err := s.Service(ctx, stage.Settings{"blocks.max_per_minute": 1_000_000, "blocks.agent_per_minute": 1_000_000})
	if err != nil {
		return nil, err
	}
	sources := []stage.Source{{Name: "edge", Paths: []string{log.path}, Format: "combined"}}
	if _, err := startAgent(ctx, s, v, "edge-a", stage.Settings{"sources": sources}); err != nil {
		return nil, err
	}
	b, err := startAgent(ctx, s, v, "edge-b", nil)
	if err != nil {
		return nil, err
	}
	asker := b.Asker()
	defer asker.Leave()
	for _, load := range loads {
		p, err := timeTouches(ctx, o.samples, load, log, asker)
		if err != nil {
			return nil, err
		}
		results = append(results, p)
	}
	return results, v.Stop() // in order, so that a profile is written
}

func startAgent(ctx context.Context, s *stage.Stage, v *stage.Service, name string, settings stage.Settings) (*stage.Agent, error) {
	a, err := s.PrepareAgent(name, settings)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(a.Enrol(ctx, v), a.Start()); err != nil {
		return nil, err
	}
	if err := a.WaitListening(ctx); err != nil {
		return nil, err
	}
	return a, stage.Until(ctx, name+" is in step", func(ctx context.Context) error { return v.API.InStep(ctx, name) })
}

func timeTouches(ctx context.Context, samples, load int, log *sharedLog, asker *stage.Asker) (p propagation, err error) {
	end := background(ctx, func(ctx context.Context) error { return log.fill(ctx, load) })
	defer func() { err = errors.Join(err, end()) }()
	if load > 0 {
		if err := pause(ctx, settle); err != nil {
			return p, err
		}
	}
	times := make([]time.Duration, samples)
	for i := range times {
		if times[i], err = timeTouch(ctx, log, asker); err != nil {
			return p, err
		}
		if err := pause(ctx, between); err != nil {
			return p, err
		}
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return times[min(samples-1, int(share*float64(samples)))].Seconds() * 1000
	}
	return propagation{load, samples, at(0.5), at(0.9), at(0.99), at(1)}, nil
}

// timeTouch writes one touch of a client of its own and asks the second
// gateway until it refuses that client.
func timeTouch(ctx context.Context, log *sharedLog, asker *stage.Asker) (time.Duration, error) {
	log.touches++
	client := fmt.Sprintf("198.18.%d.%d", log.touches>>8, log.touches&255)
	line := fmt.Sprintf("%s - - [%s] \"GET /.env HTTP/1.1\" 404 153 \"-\" \"bench\"\n", client, time.Now().Format("02/Jan/2006:15:04:05 -0700"))
	if err := log.write([]byte(line)); err != nil {
		return 0, err
	}
	began := time.Now()
	for {
		refused, err := asker.Refuses(ctx, client)
		if err != nil {
			return 0, err
		}
		if refused {
			return time.Since(began), nil
		}
		if err := pause(ctx, askEvery); err != nil {
			return 0, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
