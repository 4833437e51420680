package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

const (
	healthInterval = time.Second
	healthTimeout  = 2 * time.Second
	// examineEvery is how many looks at the parts there are for one at all else.
	examineEvery = 5
)

// health is how everything did when it was last looked at.
type health struct {
	latest atomic.Pointer[[]wire.Part]
	vitals atomic.Pointer[vitals] // nil until the first look
	engine atomic.Pointer[error]  // why the embedded engine does not run; nil while it does
}

func (h *health) parts() []wire.Part {
	if parts := h.latest.Load(); parts != nil {
		return *parts
	}
	return []wire.Part{{Name: "honeymoat", Detail: "is starting"}}
}

// watchHealth looks at the parts once a second, and every few seconds at what
// else may be the matter. It tells people by the same alerts as everything
// else, so that the embedded mode has them too.
func (s *Service) watchHealth(ctx context.Context) error {
	w, all, t := newVigil(), conditions(), newTeller(s.alerts.Post, s.consoleURL())
	d := digester{teller: t, last: s.responder.Digest}
	for n := 0; ; n++ {
		parts := s.look(ctx)
		s.health.latest.Store(&parts)
		if n%examineEvery == 0 {
			if err := s.checkUp(ctx, w, all, t, &d); err != nil && ctx.Err() == nil {
				s.log.Warn("cannot tell about health", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(healthInterval):
		}
	}
}

func (s *Service) checkUp(ctx context.Context, w *vigil, all []condition, t *teller, d *digester) error {
	now := time.Now()
	bounded, cancel := context.WithTimeout(ctx, healthTimeout)
	v, err := s.examine(bounded, w, s.health.parts(), now)
	cancel()
	s.health.vitals.Store(v)
	return errors.Join(err, t.tell(ctx, complaints(all, v), now), d.tell(ctx, now))
}

func (s *Service) look(ctx context.Context) []wire.Part {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	part := func(name, fine string, err error) wire.Part {
		if err != nil {
			return wire.Part{Name: name, Detail: err.Error()}
		}
		return wire.Part{Name: name, Ready: true, Detail: fine}
	}
	return []wire.Part{
		part("bus", "", s.bus.Check(ctx)),
		part("store", "", s.checkStore(ctx)),
		part("alertmanager", "", s.alerts.Check()),
		part("ingest", "", s.checkIngest()),
		part("detect", fmt.Sprintf("at sequence %d", s.responder.Sequence()), nil),
		part("configuration", cmp.Or(s.failedReload(), s.refusedRules()), nil), // it works all the same
	}
}

func (s *Service) checkStore(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		if why := s.health.engine.Load(); why != nil {
			return *why // it has the cure, which a refused connection has not
		}
		return err
	}
	if !s.storeReady.Load() {
		return errors.New("the schema is not up to date yet")
	}
	return nil
}

func (s *Service) checkIngest() error {
	if s.shipper.Stats().Blocked {
		return errors.New("the bus has used up its disk budget (bus.max_bytes): reading stops until the store has caught up")
	}
	return nil
}

// onDeadLetter counts a message that could not be processed and was put
// aside; watchHealth tells people.
func (s *Service) onDeadLetter(stream, reason string) {
	s.deadLetters.Add(1)
	s.lastDead.Store(&deadLetter{stream, reason})
}

type deadLetter struct{ stream, reason string }

// refusedRules tells that files of rules have mistakes.
func (s *Service) refusedRules() string {
	mistakes := s.rules.Load().Mistakes
	if len(mistakes) == 0 {
		return ""
	}
	return fmt.Sprintf("%d mistakes in rules; the first one: %s (`honeymoat config check` tells all)", len(mistakes), mistakes[0].Error())
}

// failedReload tells that what was in force before the last reload still is.
func (s *Service) failedReload() string {
	if why := s.notReloaded.Load(); why != nil {
		return "the last reload failed, and what was in force before still is: " + *why
	}
	return ""
}

// failuresToTell is how many looks in a row fail until people are told: about
// eight minutes of them for a URL.
const failuresToTell = 5

func feedTroubles(states []intel.State) (troubles []string) {
	for i := range states {
		switch f := &states[i]; {
		case f.Held != nil:
			troubles = append(troubles, fmt.Sprintf("threat feed %s is held, for %s: if that is right, honeymoat intel accept %s", f.Feed, f.Held.Reason, f.Feed))
		case f.Failures >= failuresToTell:
			troubles = append(troubles, fmt.Sprintf("threat feed %s cannot be read: %s", f.Feed, f.Problem))
		}
	}
	return troubles
}
