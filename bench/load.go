package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// loadStage is the process that asks gateways, one order after another.
const loadStage = "load"

// order is what the process reads, a line each.
type order struct {
	Kind        string        `json:"kind"` // of the callers
	Address     string        `json:"address"`
	Connections int           `json:"connections"` // each asks when it has its answer
	For         time.Duration `json:"for"`
}

// answered is what the process writes, a line for each order.
type answered struct {
	Requests int           `json:"requests"`
	Took     time.Duration `json:"took"`
	P50      time.Duration `json:"p50"`
	P99      time.Duration `json:"p99"`
	Error    string        `json:"error,omitempty"`
}

func (a answered) rate() float64 { return float64(a.Requests) / a.Took.Seconds() }

// caller is one connection over which one request is asked after another. The
// requests come from clients that nobody blocks, and have to pass.
type caller interface {
	ask() error
	io.Closer
}

// callers make the connections.
var callers = map[string]func(ctx context.Context, address string, first int) (caller, error){
	kindHTTP: dialHTTP, kindEnvoy: dialEnvoy, kindHealth: dialHealth,
}

// runLoad carries out orders until its input ends.
func runLoad(ctx context.Context) error {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("read what to do: %w", err)
		}
		a, err := o.carryOut(ctx)
		if err != nil {
			a.Error = err.Error()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return nil
}

// warmUp is how many requests each connection asks before anything is timed.
const warmUp = 20

func (o order) carryOut(ctx context.Context) (a answered, err error) {
	dial, ok := callers[o.Kind]
	if !ok {
		return a, fmt.Errorf("there are no callers of the kind %q", o.Kind)
	}
	connections := make([]caller, o.Connections)
	defer func() {
		for _, c := range connections {
			if c != nil {
				err = errors.Join(err, c.Close())
			}
		}
	}()
	for i := range connections {
		if connections[i], err = dial(ctx, o.Address, i*997); err != nil {
			return a, err
		}
		for range warmUp {
			if err := connections[i].ask(); err != nil {
				return a, err
			}
		}
	}
	return o.askAll(connections)
}

func (o order) askAll(connections []caller) (answered, error) {
	var g errgroup.Group
	times := make([][]time.Duration, len(connections))
	began := time.Now()
	for i, c := range connections {
		g.Go(func() (err error) {
			times[i], err = askUntil(c, began.Add(o.For))
			return err
		})
	}
	err := g.Wait()
	a := answered{Took: time.Since(began)}
	if all := slices.Concat(times...); len(all) > 0 {
		slices.Sort(all)
		a.Requests, a.P50, a.P99 = len(all), all[len(all)/2], all[len(all)*99/100]
	}
	return a, err
}

// askUntil gives the time of each request.
func askUntil(c caller, end time.Time) (times []time.Duration, err error) {
	for now := time.Now(); now.Before(end); {
		if err := c.ask(); err != nil {
			return times, err
		}
		then := time.Now()
		times = append(times, then.Sub(now))
		now = then
	}
	return times, nil
}

// load is the process as its parent sees it. It is not safe for concurrent
// use.
type load struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

func startLoad(ctx context.Context) (*load, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage", loadStage)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &load{cmd, in, json.NewDecoder(out)}, cmd.Start()
}

// do has an order carried out.
func (l *load) do(o order) (a answered, err error) {
	if err := json.NewEncoder(l.in).Encode(o); err != nil {
		return a, fmt.Errorf("order requests: %w", err)
	}
	if err := l.out.Decode(&a); err != nil {
		return a, fmt.Errorf("the process that asks: %w", err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("ask %s: %s", o.Address, a.Error)
	}
	if a.Requests == 0 {
		return a, fmt.Errorf("ask %s: no answer within %s", o.Address, o.For)
	}
	return a, nil
}

// end ends the process.
func (l *load) end() error {
	return errors.Join(l.in.Close(), l.cmd.Wait())
}
