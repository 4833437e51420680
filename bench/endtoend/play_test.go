package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// patience is how long anything may take before the test fails. It is long
// because the machine may be busy; nothing waits longer than it has to.
const patience = 3 * time.Minute

// Addresses from the blocks that are kept for documentation.
const (
	attacker = "203.0.113.66"
	customer = "198.51.100.20"
)

// bait is a path of the shipped catalogue, and how its answer looks.
const (
	bait      = "/.env"
	baitDecoy = "env-file"
	baitText  = "APP_KEY="
)

// play is one test's stage with a service and a backend on it.
type play struct {
	*testing.T
	*stage.Stage
	service *stage.Service
	backend *stage.Backend
}

// newStage makes an empty stage that ends with the test.
func newStage(t *testing.T) *stage.Stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "stage-") // t.TempDir is too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	s, err := stage.New(dir, os.Getenv(programsEnv))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the end of the stage: %v", err)
		}
		if t.Failed() {
			t.Log(s.Tails())
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newPlay starts a service and a backend.
func newPlay(t *testing.T, settings stage.Settings) *play {
	t.Helper()
	p := &play{T: t, Stage: newStage(t)}
	var err error
	if p.backend, err = p.Backend(); err != nil {
		t.Fatal(err)
	}
	if p.service, err = p.Service(p.deadline(), settings); err != nil {
		t.Fatal(err)
	}
	return p
}

// deadline is a context that gives a step of the test all patience.
func (p *play) deadline() context.Context { return deadline(p.T) }

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// gateway starts an nginx with an agent beside it, enrolled and in step.
func (p *play) gateway(name string, settings stage.Settings, segments ...string) *stage.Gateway {
	p.Helper()
	g, err := p.Gateway(p.deadline(), p.service, p.backend, name, settings, segments...)
	if err != nil {
		p.Fatal(err)
	}
	return g
}

// token makes a client of the API with a role.
func (p *play) token(name, role string) *stage.API {
	p.Helper()
	api, err := p.service.Token(p.deadline(), name, role)
	p.must(err)
	return api
}

// must fails the test unless err is nil.
func (p *play) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// eventually polls until check is content.
func (p *play) eventually(what string, check func(context.Context) error) {
	p.Helper()
	p.must(stage.Until(p.deadline(), what, check))
}

// visitor makes a client.
func (p *play) visitor(address string) *stage.Visitor {
	v := stage.NewVisitor(address, "test of "+p.Name())
	p.Cleanup(v.Leave)
	return v
}

// get asks once and wants a status.
func (p *play) get(v *stage.Visitor, g *stage.Gateway, path string, status int) stage.Answer {
	p.Helper()
	answer, err := v.Get(p.deadline(), g, path)
	p.must(err)
	if answer.Status != status {
		p.Fatalf("%s at %s asks %s: got %d, want %d\n%s", v.Address, g.Name, path, answer.Status, status, answer.Body)
	}
	return answer
}

// turns waits until a gateway answers a client with a status.
func (p *play) turns(v *stage.Visitor, g *stage.Gateway, path string, status int) stage.Answer {
	p.Helper()
	answer, err := v.WaitStatus(p.deadline(), g, path, status)
	p.must(err)
	return answer
}

// touch asks for the bait and wants a convincing answer.
func (p *play) touch(v *stage.Visitor, g *stage.Gateway) {
	p.Helper()
	if answer := p.get(v, g, bait, 200); !strings.Contains(answer.Body, baitText) {
		p.Fatalf("the decoy's answer convinces nobody: %q", answer.Body)
	}
}

// blocked waits for a live block that the service itself made on an address.
func (p *play) blocked(address string) wire.WhyBlock {
	p.Helper()
	var found wire.WhyBlock
	p.eventually(address+" is blocked", func(ctx context.Context) error {
		why, err := p.why(ctx, address)
		if err == nil && len(why.Blocks) != 1 {
			err = fmt.Errorf("%d blocks", len(why.Blocks))
		}
		if err == nil {
			found = why.Blocks[0]
		}
		return err
	})
	return found
}

// block blocks a target as a person would.
func (p *play) block(target string, lifetime time.Duration) block.ID {
	p.Helper()
	ask := p.hour(target)
	ask.LifetimeSeconds = int64(lifetime / time.Second)
	result, err := p.service.API.AddBlock(p.deadline(), ask, client.Call{})
	p.must(err)
	return result.Block.ID
}

// brief blocks a client for ever longer, until all gateways have been seen to
// refuse it before the block ended: a busy machine may need longer than a short
// block lasts.
func (p *play) brief(v *stage.Visitor, lifetime time.Duration, gateways ...*stage.Gateway) (id block.ID) {
	p.Helper()
	begin := func(lifetime time.Duration) { id = p.block(v.Address, lifetime) }
	p.inTime(lifetime, begin, func(ctx context.Context) (err error) {
		for _, g := range gateways {
			_, failed := v.WaitStatus(ctx, g, "/shop", http.StatusForbidden)
			err = errors.Join(err, failed)
		}
		return err
	})
	return id
}

// inTime begins something with ever longer lifetimes, until it has been seen
// before it ends.
func (p *play) inTime(lifetime time.Duration, begin func(lifetime time.Duration), see func(context.Context) error) {
	p.Helper()
	for ; ; lifetime *= 2 {
		begin(lifetime)
		ctx, cancel := context.WithTimeout(context.Background(), lifetime)
		err := see(ctx)
		if err == nil {
			cancel()
			return
		}
		if 2*lifetime > patience {
			cancel()
			p.Fatal(err)
		}
		<-ctx.Done() // it has ended too
		cancel()
	}
}

// hour asks for an hour's block of a target.
func (p *play) hour(target string) wire.BlockRequest {
	p.Helper()
	criteria, err := wire.ParseCriteria(target)
	p.must(err)
	return wire.BlockRequest{Target: criteria, BlockSpec: wire.BlockSpec{LifetimeSeconds: 3600, Reason: "test of " + p.Name()}}
}

// why asks why a target is refused.
func (p *play) why(ctx context.Context, target string) (wire.Why, error) {
	p.Helper()
	criteria, err := wire.ParseCriteria(target)
	p.must(err)
	return p.service.API.Why(ctx, wire.TargetRequest{Target: criteria})
}

// touches waits until the store has n decoy touches by an actor, each with at
// least so many sightings, and gives them.
func (p *play) touches(actor string, n, sightings int) []wire.Finding {
	p.Helper()
	var found []wire.Finding
	p.eventually(fmt.Sprintf("the store has %d touches by %s", n, actor), func(ctx context.Context) error {
		var err error
		if found, err = p.service.API.Touches(ctx, actor); err != nil {
			return err
		}
		if len(found) != n {
			return fmt.Errorf("it has %d: %+v", len(found), found)
		}
		for _, f := range found {
			if len(f.Sightings) < sightings {
				return fmt.Errorf("%d sightings: %+v", len(f.Sightings), f.Sightings)
			}
		}
		return nil
	})
	return found
}

// refused wants the service's problem of a name, such as "refused-by-guard".
func (p *play) refused(err error, name string) *wire.Problem {
	p.Helper()
	var problem *wire.Problem
	if !errors.As(err, &problem) || problem.Name() != name {
		p.Fatalf("got %v, want the problem %s", err, name)
	}
	return problem
}
