package wso2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// mostFailures is after how many failures in one go the rest waits for the
// next: one policy that WSO2 cannot make or delete holds up no other.
const mostFailures = 8

// reconcile deletes those of our policies that are not wanted any more, and
// makes those that are missing.
func (p *Policies) reconcile(ctx context.Context, wanted map[condition]time.Duration, look bool) error {
	if p.kept == nil || look {
		if err := p.look(ctx, wanted); err != nil {
			return err
		}
	}
	removed, failure := p.removeOthers(ctx, wanted)
	missing := p.missing(wanted)
	if len(missing) > 0 {
		if err := p.made.save(); err != nil {
			return errors.Join(failure, err)
		}
		failure = errors.Join(failure, p.createAll(ctx, missing))
	}
	if len(missing) > 0 || removed > 0 {
		failure = errors.Join(failure, p.made.save())
	}
	return failure
}

// removeOthers deletes those of ours that are not wanted.
func (p *Policies) removeOthers(ctx context.Context, wanted map[condition]time.Duration) (removed int, err error) {
	var failures []error
	for c, id := range p.kept {
		if _, is := wanted[c]; is || id == "" {
			continue
		}
		if err := p.admin.remove(ctx, id); err != nil {
			if failures = append(failures, err); len(failures) == mostFailures {
				break
			}
			continue
		}
		delete(p.kept, c)
		delete(p.made.ids, id)
		removed++
	}
	return removed, errors.Join(failures...)
}

// missing lists what is to be made, and takes note of it.
func (p *Policies) missing(wanted map[condition]time.Duration) []condition {
	var missing []condition
	for c := range wanted {
		if _, is := p.kept[c]; !is {
			missing = append(missing, c)
			p.made.pending[c] = true
		}
	}
	return missing
}

func (p *Policies) createAll(ctx context.Context, missing []condition) error {
	var failures []error
	for _, c := range missing {
		if err := p.create(ctx, c); err != nil {
			if failures = append(failures, err); len(failures) == mostFailures {
				break
			}
		}
	}
	return errors.Join(failures...)
}

// create makes a policy. One that WSO2 does not take, for it knows no such
// application or API, counts as there until all is looked at again.
func (p *Policies) create(ctx context.Context, c condition) error {
	id, err := p.admin.create(ctx, c)
	switch {
	case errors.Is(err, errConflict), refused(err):
		if refused(err) {
			p.log.Warn("WSO2 does not take a deny policy; the block is not enforced there", "error", err)
		}
		p.kept[c] = ""
		delete(p.made.pending, c)
		return nil
	case err != nil:
		return err
	case id == "":
		return fmt.Errorf("create deny policy on %s: WSO2 gave it no conditionId", c.kind)
	}
	p.kept[c], p.made.ids[id] = id, c
	delete(p.made.pending, c)
	return nil
}

// refused tells whether it is the policy itself that WSO2 does not like.
func refused(err error) bool {
	var status statusError
	return errors.As(err, &status) && (status.code == http.StatusBadRequest || status.code == http.StatusUnprocessableEntity)
}
