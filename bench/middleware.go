package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
)

// measureMiddleware times what the guard adds to a handler, with each agent in
// this process. The agents of the stage do not run any more: it takes their
// places, and what they held.
func measureMiddleware(ctx context.Context, agents []*contender) (results []enforcing, err error) {
	for _, c := range agents {
		e, err := measureInside(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("middleware, %d blocks: %w", c.blocks, err)
		}
		results = append(results, e)
	}
	return results, nil
}

func measureInside(ctx context.Context, c *contender) (e enforcing, err error) {
	e = enforcing{Gateway: "net/http", Way: "middleware", Blocks: c.blocks}
	cfg, err := config.ReadAgent(c.agent.Config)
	if err != nil {
		return e, err
	}
	credential, err := gateway.LoadCredential(cfg.StateDir)
	if err != nil {
		return e, err
	}
	agent, err := gateway.New(ctx, gateway.Options{Config: cfg, Credential: credential, Software: "bench", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return e, err
	}
	end := background(ctx, agent.Run)
	defer func() { err = errors.Join(err, end()) }()
	guard, err := middleware.New(middleware.Options{Decider: agent.Decider(), Identify: agent.Identify})
	if err != nil {
		return e, err
	}
	e.CPU, e.Cost, err = timeGuard(guard, c.blocks, 1<<18)
	return e, err
}

// timeGuard gives the time of a handler behind a guard, and how much of it is
// the guard's, in microseconds. The least of five times counts: what else runs
// on the machine, and what collects garbage, makes none shorter.
func timeGuard(guard *middleware.Guard, blocks, asked int) (cpu float64, _ *cost, err error) {
	passed := 0
	bare := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ })
	guarded := guard.Wrap(bare)
	if err := refusesIn(guarded, blocks); err != nil {
		return 0, nil, err
	}
	requests := make([]*http.Request, passingClients)
	for i := range requests {
		requests[i] = serverRequest(passingClient(i).String())
	}
	of := func(h http.Handler) float64 {
		w := httptest.NewRecorder()
		return micros(busy(func() {
			for i := range asked {
				h.ServeHTTP(w, requests[i%passingClients])
			}
		})) / float64(asked)
	}
	var with, without []float64
	for range 5 {
		without, with = append(without, of(bare)), append(with, of(guarded))
	}
	if passed != 10*asked {
		return 0, nil, fmt.Errorf("%d of %d requests passed", passed, 10*asked)
	}
	cpu = slices.Min(with)
	return cpu, &cost{CPU: cpu - slices.Min(without)}, nil
}

// refusesIn fails unless a handler refuses the last blocked client.
func refusesIn(h http.Handler, blocks int) error {
	if blocks == 0 {
		return nil
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, serverRequest(blockedClient(blocks-1)))
	if w.Code != http.StatusForbidden {
		return fmt.Errorf("a blocked client is answered %d", w.Code)
	}
	return nil
}

// serverRequest is a request as a server hands it to handlers.
func serverRequest(client string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://shop.example/shop/articles/4711?color=blue", nil)
	r.RemoteAddr = client + ":40000"
	for name, value := range map[string]string{
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Accept-Encoding": "gzip, deflate",
		"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en-US,en;q=0.5",
	} {
		r.Header.Set(name, value)
	}
	return r
}
