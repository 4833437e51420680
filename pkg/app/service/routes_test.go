package service

import (
	"testing"
	"testing/synctest"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
)

func served(path string) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "shop"}}
	b.SetString(event.Path, path)
	b.SetNumber(event.Status, 200)
	b.EndRow()
	return b
}

// The first request for a path has its route in the store too: its consumer
// waits for the one that learns.
func TestTheStoreWaitsForRoutesToBeLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouting(config.Routes{}, nil)
		stored := served("/orders/4711")
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.assign(t.Context(), 7, stored)
		}()
		synctest.Wait()
		r.learn(6, served("/shop"))
		synctest.Wait()
		select {
		case <-done:
			t.Error("routes were assigned before the batch was learned")
		default:
		}
		r.learn(7, served("/orders/4711"))
		<-done
		if got := string(stored.Text(event.Route, 0)); got != "/orders/{id}" {
			t.Errorf("the route is %q", got)
		}
	})
}

// Detection that stands still holds the store up once, not for each batch.
func TestTheStoreGoesOnWithoutRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRouting(config.Routes{}, nil)
		r.learn(1, served("/shop"))
		stored := served("/orders")
		r.assign(t.Context(), 3, stored) // waits, on the test's clock
		if got := string(stored.Text(event.Route, 0)); got != "/{unknown}" {
			t.Errorf("the route is %q", got)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.assign(t.Context(), 4, served("/orders"))
		}()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the next batch waits again")
		}
		<-done
	})
}
