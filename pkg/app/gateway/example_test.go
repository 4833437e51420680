package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
)

// A service that has its agent in its own process. It was enrolled with
// `honeymoat-agent enroll --config agent.yaml`.
func Example() {
	serve := func(ctx context.Context, orders http.Handler) error {
		cfg, err := config.ReadAgent("agent.yaml")
		if err != nil {
			return err
		}
		credential, err := gateway.LoadCredential(cfg.StateDir)
		if err != nil {
			return err
		}
		agent, err := gateway.New(ctx, gateway.Options{Config: cfg, Credential: credential, Software: "orders/1", Log: slog.Default()})
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- agent.Run(ctx) }()
		guard, err := middleware.New(middleware.Options{Decider: agent.Decider(), Identify: agent.Identify})
		if err != nil {
			stop()
			return errors.Join(err, <-ended)
		}
		err = http.ListenAndServe(":8080", guard.Wrap(orders))
		stop()
		return errors.Join(err, <-ended)
	}
	_ = serve
}
