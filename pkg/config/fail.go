package config

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// FailRoute says what becomes of the requests of a route while there are no
// blocks to go by.
type FailRoute struct {
	Route string `yaml:"route" doc:"Template such as \"POST /payments/**\" or \"/orders/{id}\"."`
	Mode  string `yaml:"mode" doc:"open (they pass) or closed (they are answered 503)."`
}

// Target is the route as a target.
func (f FailRoute) Target() (block.Target, error) {
	return block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: f.Route})
}

// Closed tells whether requests are refused.
func (f FailRoute) Closed() bool { return f.Mode == "closed" }

func (c *checker) failRoutes(routes []FailRoute) {
	for i, f := range routes {
		if _, err := f.Target(); err != nil {
			c.add(fmt.Sprintf("$.fail[%d].route", i), err.Error(), "")
		}
		c.oneOf(fmt.Sprintf("$.fail[%d].mode", i), f.Mode, "open", "closed")
	}
}
