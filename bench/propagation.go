package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	api "github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

const partPropagation = "propagation"

const (
	// askEvery is the pause between two questions to the second gateway: the
	// resolution of the figures. Asking without a pause would take the core
	// that the programs under test need.
	askEvery = 250 * time.Microsecond
	// between is the pause between two touches.
	between = 20 * time.Millisecond
	// settle is for how long a load runs before anything is timed.
	settle = 2 * time.Second
	// putWait is for how long agents are waited for that were told of a block.
	putWait = 20 * time.Second
)

// propagation is how long it took until all agents refused a client.
type propagation struct {
	Agents         int `json:"agents"`           // that had to refuse
	LinesPerSecond int `json:"lines_per_second"` // written besides
	Samples        int `json:"samples"`
	// Written is from a line in one gateway's log to the refusal by all others.
	Written spread `json:"written"`
	// Put is from the service's putting a block to the last agent's word that
	// it enforces it, as the API tells who waits for it.
	Put spread `json:"put"`
	// Legs are the parts of the way of Written, where they were wanted.
	Legs []leg `json:"legs,omitempty"`
}

// spread is the quantiles of times.
type spread struct {
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func spreadOf(times []time.Duration) spread {
	slices.Sort(times)
	at := func(share float64) float64 {
		return times[min(len(times)-1, int(share*float64(len(times))))].Seconds() * 1000
	}
	return spread{at(0.5), at(0.9), at(0.99), at(1)}
}

// measurePropagation has one agent ship a log, and waits for others.
func measurePropagation(ctx context.Context, o options) (results []propagation, err error) {
	s, err := newStage(o, "propagation")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	log := &sharedLog{path: s.Path("access.log"), touches: map[string]time.Time{}}
	const many = 1_000_000
	v, err := s.Service(ctx, stage.Settings{"blocks.max_per_minute": many, "blocks.agent_per_minute": many})
	if err != nil {
		return nil, err
	}
	ships, err := ship(ctx, o, s, v, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ships.Leave()) }()
	for _, agents := range o.agents {
		of, err := propagationTo(ctx, o, s, v, log, agents, ships)
		if err != nil {
			return nil, fmt.Errorf("%d agents: %w", agents, err)
		}
		results = append(results, of...)
	}
	return results, v.Stop() // in order, so that a profile is written
}

// ship has an agent ship the log: the real one, or where its way is to be told
// apart, one that is played.
func ship(ctx context.Context, o options, s *stage.Stage, v *stage.Service, log *sharedLog) (audience, error) {
	const name = "edge-a"
	if o.apart {
		return startCrowd(ctx, v, []string{name}, log.path)
	}
	sources := []stage.Source{{Name: "edge", Paths: []string{log.path}, Format: "combined"}}
	a, err := startAgent(ctx, s, v, name, stage.Settings{"sources": sources})
	if err != nil {
		return nil, err
	}
	return asked{a.Asker()}, nil
}

// propagationTo times the way to so many agents, under each load.
func propagationTo(ctx context.Context, o options, s *stage.Stage, v *stage.Service, log *sharedLog, agents int, ships audience) (results []propagation, err error) {
	all, err := gather(ctx, s, v, agents)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.Leave()) }()
	for _, load := range o.loads {
		began := log.clients
		p, err := timeTouches(ctx, o.samples, load, log, v, all)
		if err == nil && o.apart {
			p.Legs, err = tellApart(ctx, log, began, o.samples, v, ships, all)
		}
		if err != nil {
			return nil, err
		}
		p.Agents = agents
		results = append(results, p)
	}
	return results, nil
}

// gather starts agents: one is a program of its own, more are a crowd.
func gather(ctx context.Context, s *stage.Stage, v *stage.Service, agents int) (audience, error) {
	if agents > 1 {
		names := make([]string, agents)
		for i := range names {
			names[i] = fmt.Sprintf("crowd-%d-%d", agents, i)
		}
		return startCrowd(ctx, v, names, "")
	}
	b, err := startAgent(ctx, s, v, "edge-b", nil)
	if err != nil {
		return nil, err
	}
	return asked{b.Asker()}, nil
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

func timeTouches(ctx context.Context, samples, load int, log *sharedLog, v *stage.Service, all audience) (p propagation, err error) {
	end := background(ctx, func(ctx context.Context) error { return log.fill(ctx, load) })
	defer func() { err = errors.Join(err, end()) }()
	if load > 0 {
		if err := pause(ctx, settle); err != nil {
			return p, err
		}
	}
	written, err := each(ctx, samples, func() (time.Duration, error) { return timeTouch(ctx, log, all) })
	if err != nil {
		return p, err
	}
	put, err := each(ctx, samples, func() (time.Duration, error) { return timePut(ctx, log, v) })
	return propagation{LinesPerSecond: load, Samples: samples, Written: written, Put: put}, err
}

// each takes samples, with a pause after each.
func each(ctx context.Context, samples int, sample func() (time.Duration, error)) (spread, error) {
	times := make([]time.Duration, samples)
	for i := range times {
		var err error
		if times[i], err = sample(); err != nil {
			return spread{}, err
		}
		if err := pause(ctx, between); err != nil {
			return spread{}, err
		}
	}
	return spreadOf(times), nil
}

// touched is the request that touches a decoy.
const touched = "GET /.env"

// timeTouch writes one touch of a client of its own and waits until all agents
// refuse that client.
func timeTouch(ctx context.Context, log *sharedLog, all audience) (time.Duration, error) {
	client := log.nextClient()
	line := fmt.Sprintf("%s - - [%s] \""+touched+" HTTP/1.1\" 404 153 \"-\" \"bench\"\n", client, time.Now().Format("02/Jan/2006:15:04:05 -0700"))
	if err := log.write([]byte(line)); err != nil {
		return 0, err
	}
	began := time.Now()
	log.touches[client] = began
	enforced, err := all.Enforced(ctx, client)
	return enforced.Sub(began), err
}

// timePut has the service put a block and tell when each agent enforced it.
func timePut(ctx context.Context, log *sharedLog, v *stage.Service) (time.Duration, error) {
	target, err := wire.ParseCriteria(log.nextClient())
	if err != nil {
		return 0, err
	}
	r := wire.BlockRequest{Target: target, BlockSpec: wire.BlockSpec{LifetimeSeconds: 600, Reason: "bench"}}
	answer, err := v.API.AddBlock(ctx, r, api.Call{Wait: putWait})
	if err != nil {
		return 0, err
	}
	if p := answer.Propagation; p == nil || !p.Enforced || len(p.Agents) == 0 {
		return 0, fmt.Errorf("not all agents enforce a block after %s: %+v", putWait, p)
	}
	last := 0.0
	for _, a := range answer.Propagation.Agents {
		last = max(last, a.Millis)
	}
	return time.Duration(last * float64(time.Millisecond)), nil
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
