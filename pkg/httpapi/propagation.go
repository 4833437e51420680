package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Bounds on how long an answer waits for the agents.
const (
	defaultWait = 5 * time.Second
	maxWait     = 25 * time.Second
)

// waiting reads for how long an answer waits for the agents; 0 = it does not.
func waiting(p *params) time.Duration {
	what, timeout := read(p, "wait", oneOf("enforced")), read(p, "timeout", duration(maxWait))
	switch {
	case what == "" && timeout > 0:
		p.wrong("timeout", "want wait=enforced with it")
	case what != "" && timeout == 0:
		return defaultWait
	}
	return timeout
}

// await waits until the agents of each block's segment enforce it.
func (s *Server) await(ctx context.Context, wait time.Duration, made []block.Block) *wire.Propagation {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	last := map[string]uint64{}
	for i := range made {
		last[made[i].Segment] = max(last[made[i].Segment], made[i].Revision)
	}
	p := wire.Propagation{Enforced: true, Agents: []block.Acknowledgement{}}
	for segment, revision := range last {
		p.Agents = append(p.Agents, s.options.Agents.AwaitEnforced(ctx, segment, revision)...)
	}
	p.Agents = slowest(p.Agents)
	p.Enforced = !slices.ContainsFunc(p.Agents, func(a block.Acknowledgement) bool { return !a.Enforced })
	return &p
}

// slowest gives one word of each agent, about all of its segments.
func slowest(all []block.Acknowledgement) []block.Acknowledgement {
	slices.SortStableFunc(all, func(a, b block.Acknowledgement) int { return cmp.Compare(a.Agent, b.Agent) })
	each := all[:0]
	for _, a := range all {
		if last := len(each) - 1; last >= 0 && each[last].Agent == a.Agent {
			each[last].Enforced = each[last].Enforced && a.Enforced
			if a.Millis > each[last].Millis {
				each[last].Millis, each[last].Via = a.Millis, a.Via
			}
			continue
		}
		each = append(each, a)
	}
	return each
}

// duration reads a time such as 5s, or a number of seconds, up to a bound.
func duration(most time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil {
			d, err = time.ParseDuration(s + "s")
		}
		if err != nil || d <= 0 || d > most {
			return 0, fmt.Errorf("want a time such as 5s, at most %s", most)
		}
		return d, nil
	}
}
