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
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// audience is the agents that are to enforce what another gateway saw.
type audience interface {
	// Enforced waits until all of them refuse a client, and tells when they did.
	Enforced(ctx context.Context, client string) (time.Time, error)
	Leave() error
}

// asked is one agent, which is asked over its socket as a gateway does.
type asked struct{ *stage.Asker }

// Leave implements audience.
func (a asked) Leave() error { a.Asker.Leave(); return nil }

// Enforced implements audience. It asks every askEvery.
func (a asked) Enforced(ctx context.Context, client string) (time.Time, error) {
	for {
		refused, err := a.Refuses(ctx, client)
		if err != nil {
			return time.Time{}, err
		}
		if refused {
			return time.Now(), nil
		}
		if err := pause(ctx, askEvery); err != nil {
			return time.Time{}, err
		}
	}
}

// crowded is many agents in a process of their own, see crowdStage.
type crowded struct {
	cmd   *exec.Cmd
	input io.Closer
	ended chan error

	mu      sync.Mutex
	arrived map[string]arrival
	changed chan struct{} // closed by the next arrival
}

// startCrowd starts agents of these names and waits until they are in step.
// Each ships a log, unless that is empty.
func startCrowd(ctx context.Context, v *stage.Service, names []string, ship string) (*crowded, error) {
	order, err := orderCrowd(ctx, v, names, ship)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage", crowdStage)
	cmd.Stderr = os.Stderr
	input, err1 := cmd.StdinPipe()
	output, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &crowded{cmd: cmd, input: input, ended: make(chan error, 1), arrived: map[string]arrival{}, changed: make(chan struct{})}
	go func() { c.ended <- c.read(output) }()
	if _, err := input.Write(append(order, '\n')); err != nil {
		return nil, errors.Join(err, c.Leave())
	}
	if _, err := c.Enforced(ctx, inStep); err != nil {
		return nil, errors.Join(err, c.Leave())
	}
	return c, nil
}

func orderCrowd(ctx context.Context, v *stage.Service, names []string, ship string) ([]byte, error) {
	order := crowdOrder{URL: "https://" + v.Address, Names: names, Ship: ship}
	for _, name := range names {
		token, err := v.API.CreateEnrolment(ctx, wire.EnrolmentRequest{Name: name, Gateway: name})
		if err != nil {
			return nil, err
		}
		order.Tokens = append(order.Tokens, token.Token)
	}
	return json.Marshal(order)
}

// read takes arrivals until the process ends.
func (c *crowded) read(output io.Reader) error {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var a arrival
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return err
		}
		c.mu.Lock()
		c.arrived[a.Target] = a
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
	return c.cmd.Wait()
}

// Enforced implements audience.
func (c *crowded) Enforced(ctx context.Context, client string) (time.Time, error) {
	a, err := c.await(ctx, client)
	return time.Unix(0, a.Last), err
}

// await waits for what the process writes about a target.
func (c *crowded) await(ctx context.Context, target string) (arrival, error) {
	for {
		c.mu.Lock()
		a, there := c.arrived[target]
		changed := c.changed
		c.mu.Unlock()
		if there {
			return a, nil
		}
		select {
		case <-changed:
		case err := <-c.ended:
			c.ended <- err
			return arrival{}, fmt.Errorf("the crowd has left: %w", err)
		case <-ctx.Done():
			return arrival{}, context.Cause(ctx)
		}
	}
}

// Leave ends the process.
func (c *crowded) Leave() error {
	if err := c.input.Close(); err != nil {
		return err
	}
	err := <-c.ended
	c.ended <- err
	return err
}
