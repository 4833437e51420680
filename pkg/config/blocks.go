package config

import "time"

// Blocks are the limits on what may be blocked, and for how long.
type Blocks struct {
	MaxPerMinute     int           `yaml:"max_per_minute" doc:"Automatic blocks a minute. Over it findings are recorded and alerted, not blocked on."`
	AgentPerMinute   int           `yaml:"agent_per_minute" doc:"Blocks a minute that one agent's own evidence may cause."`
	RulePerMinute    int           `yaml:"rule_per_minute" doc:"Automatic blocks a minute of one rule. 0: half of max_per_minute."`
	SegmentPerMinute int           `yaml:"segment_per_minute" doc:"Automatic blocks a minute in one segment. 0: max_per_minute."`
	BreakerPerMinute int           `yaml:"breaker_per_minute" doc:"Automatic blocks a minute, those over a budget included, that are a storm: blocking is held then, until honeymoat blocks resume. 0: twice max_per_minute."`
	SharedAfter      int           `yaml:"shared_after" doc:"Successful principals in a day from which on an address is shared: a rule's block on it is narrowed to the principal there, and a person's waits for approval."`
	PreviewLimit     int           `yaml:"preview_limit" doc:"Successful requests of the last day that a block may hit: over it a rule's is refused or waits for a person (max_waiting), and a person's waits for a second one."`
	PreviewPeople    int           `yaml:"preview_principals" doc:"Principals of the last day that a block may hit, likewise."`
	MaxWaiting       int           `yaml:"max_waiting" doc:"Blocks of rules over preview_limit or preview_principals, of actors of tier notify or page, that wait for a person at a time (honeymoat blocks approvals). Over it the oldest of the lowest tier gives way. 0: none waits, all are refused."`
	MaxLifetime      time.Duration `yaml:"max_lifetime" doc:"To which lifetimes of automatic blocks grow: each is twice as long as the one before on the same target within 30 days."`
	WidenAfter       int           `yaml:"widen_after" doc:"From how many blocked /64 of a /56 on, and /56 of a /48, a rule's block on IPv6 is on all of it."`
	Lists            []BlockList   `yaml:"lists" doc:"Lists from elsewhere whose addresses are blocked while they are listed; see deploy/LISTS.md."`
}

func defaultBlocks() Blocks {
	return Blocks{
		MaxPerMinute: 600, AgentPerMinute: 120, SharedAfter: 5, PreviewLimit: 1000, PreviewPeople: 50, MaxWaiting: 100,
		MaxLifetime: 7 * 24 * time.Hour, WidenAfter: 4,
	}
}

func (c *checker) blocks(b Blocks) {
	c.atLeast("$.blocks.max_per_minute", int64(b.MaxPerMinute), 1)
	c.atLeast("$.blocks.agent_per_minute", int64(b.AgentPerMinute), 1)
	c.atLeast("$.blocks.rule_per_minute", int64(b.RulePerMinute), 0)
	c.atLeast("$.blocks.segment_per_minute", int64(b.SegmentPerMinute), 0)
	c.atLeast("$.blocks.breaker_per_minute", int64(b.BreakerPerMinute), 0)
	c.atLeast("$.blocks.shared_after", int64(b.SharedAfter), 2)
	c.atLeast("$.blocks.preview_limit", int64(b.PreviewLimit), 1)
	c.atLeast("$.blocks.preview_principals", int64(b.PreviewPeople), 1)
	c.atLeast("$.blocks.max_waiting", int64(b.MaxWaiting), 0)
	c.atLeast("$.blocks.widen_after", int64(b.WidenAfter), 2)
	c.lasts("$.blocks.max_lifetime", b.MaxLifetime, time.Minute)
}
