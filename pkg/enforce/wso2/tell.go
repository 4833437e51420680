package wso2

import (
	"context"
	"time"
)

// tell has the gateways deny what is wanted, and nothing else of what we told
// them. What they may come to deny is on record before, so that another
// process ends it; that something is over is said once more with the next
// regular round, for nobody tells whether a message arrived.
func (p *Policies) tell(ctx context.Context, wanted map[condition]time.Duration, again bool) error {
	fresh := false
	for c := range wanted {
		if !p.said[c] {
			p.made.told[c], fresh = true, true
		}
	}
	if fresh || again {
		if err := p.made.save(); err != nil {
			return err
		}
	}
	if err := p.tellEnded(ctx, wanted, again); err != nil {
		return err
	}
	for c := range wanted {
		if p.said[c] && !again {
			continue
		}
		if err := p.topic.say(ctx, c, true); err != nil {
			return err
		}
		p.said[c] = true
	}
	return nil
}

func (p *Policies) tellEnded(ctx context.Context, wanted map[condition]time.Duration, again bool) error {
	for c, denied := range p.made.told {
		if _, is := wanted[c]; is || !denied && !again {
			continue
		}
		if err := p.topic.say(ctx, c, false); err != nil {
			return err
		}
		delete(p.said, c)
		if p.made.told[c] = false; !denied {
			delete(p.made.told, c)
		}
	}
	return nil
}
