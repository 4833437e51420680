package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

const (
	healthInterval = time.Second
	healthTimeout  = 2 * time.Second
	// patience is how long a part may be away until people are told.
	patience = time.Minute
)

// health is how each part did when it was last looked at, and for how long it
// has been away.
type health struct {
	latest atomic.Pointer[[]wire.Part]
}

func (h *health) parts() []wire.Part {
	if parts := h.latest.Load(); parts != nil {
		return *parts
	}
	return []wire.Part{{Name: "honeymoat", Detail: "is starting"}}
}

// watchHealth looks at the parts once a second, and tells people of one that
// has been away for a minute: by the same alerts as everything else, so that
// the embedded mode has them too.
func (s *Service) watchHealth(ctx context.Context) error {
	since := map[string]time.Time{}
	for {
		parts := s.look(ctx)
		s.health.latest.Store(&parts)
		problems := []error{s.tellDead(ctx)}
		for name, trouble := range s.troubles() {
			problems = append(problems, s.tellTrouble(ctx, name, trouble))
		}
		for _, p := range parts {
			problems = append(problems, s.tell(ctx, p, since))
		}
		if err := errors.Join(problems...); err != nil && ctx.Err() == nil {
			s.log.Warn("cannot tell about health", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(healthInterval):
		}
	}
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

func (s *Service) tell(ctx context.Context, p wire.Part, since map[string]time.Time) error {
	if p.Ready {
		delete(since, p.Name)
		return s.responder.ResolveHealth(ctx, alertName(p.Name))
	}
	if since[p.Name].IsZero() {
		since[p.Name] = time.Now()
	}
	if time.Since(since[p.Name]) < patience {
		return nil
	}
	return s.responder.RaiseHealth(ctx, alertName(p.Name), fmt.Sprintf("%s is not ready: %s", p.Name, p.Detail))
}

func alertName(part string) string {
	switch part {
	case "bus":
		return "BusDown"
	case "store":
		return "StoreDown"
	case "alertmanager":
		return "AlertmanagerDown"
	case "ingest":
		return "IngestBlocked"
	}
	return "PartDown"
}

// onDeadLetter counts a message that could not be processed and was put
// aside; watchHealth tells people.
func (s *Service) onDeadLetter(stream, reason string) {
	s.deadLetters.Add(1)
	s.lastDead.Store(&deadLetter{stream, reason})
}

type deadLetter struct{ stream, reason string }

// tellDead keeps an alert for as long as there is a dead letter since the
// start: nothing but a person's look mends it.
func (s *Service) tellDead(ctx context.Context) error {
	last := s.lastDead.Load()
	if last == nil {
		return nil
	}
	return s.responder.RaiseHealth(ctx, "DeadLetters",
		fmt.Sprintf("%d messages could not be processed and were put aside; the last one, of %s: %s", s.deadLetters.Load(), last.stream, last.reason))
}

// troubles are what people have to mend although all parts work, by the name of
// its alert; an empty one is none.
func (s *Service) troubles() map[string]string {
	return map[string]string{
		"RulesRefused":   s.refusedRules(),
		"FeedsInTrouble": strings.Join(feedTroubles(s.feeds.States()), "; "),
		"ReloadFailed":   s.failedReload(),
	}
}

// tellTrouble keeps an alert for as long as there is a trouble.
func (s *Service) tellTrouble(ctx context.Context, name, trouble string) error {
	if trouble == "" {
		return s.responder.ResolveHealth(ctx, name)
	}
	return s.responder.RaiseHealth(ctx, name, trouble)
}

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
