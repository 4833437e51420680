package config

// Gateways are the gateways beside an agent that keep blocks in their own
// memory, or ask in a way of their own. All are off by default.
type Gateways struct {
}

func (c *checker) gateways(*Gateways) {
}
