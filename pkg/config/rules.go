package config

import "time"

// Rules are what every event is held against.
type Rules struct {
	Shipped      bool                `yaml:"shipped" doc:"Use the rules that come with honeymoat."`
	Folders      []string            `yaml:"folders" doc:"Files and folders with Sigma rules of your own, read besides. *.test.yml in them are tests."`
	Disable      []string            `yaml:"disable" doc:"Rules that are left out, by id, name or title."`
	Placeholders map[string][]string `yaml:"placeholders" doc:"Values of %name% in rules with the modifier expand, such as verified_crawlers. They replace the shipped ones; internal, allow, own and trusted_hops are those of network."`
	Lateness     time.Duration       `yaml:"lateness" doc:"How late an event may come, by its time, and still count in its window as if it had come in time."`
	MaxGroups    int                 `yaml:"max_groups" doc:"Addresses, users and the like that correlations follow at a time."`
	MaxMemory    Size                `yaml:"max_memory" doc:"Memory of correlations."`
}

// defaultRules are the shipped ones.
func defaultRules() Rules {
	return Rules{Shipped: true, Lateness: time.Minute, MaxGroups: 200_000, MaxMemory: 128 << 20}
}

func (c *checker) rules(r Rules) {
	c.lasts("$.rules.lateness", r.Lateness, time.Second)
	c.atLeast("$.rules.max_groups", int64(r.MaxGroups), 1000)
	c.atLeast("$.rules.max_memory", int64(r.MaxMemory), 4<<20)
}
