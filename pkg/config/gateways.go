package config

// Gateways are the gateways beside an agent that keep blocks in their own
// memory, or ask in a way of their own. All are off by default.
type Gateways struct {
	Nftables Nftables `yaml:"nftables" doc:"The host's packet filter."`
	WSO2     WSO2     `yaml:"wso2" doc:"WSO2 API Manager."`
}

func (c *checker) gateways(g *Gateways) {
	c.nftables(g.Nftables)
	c.wso2(g.WSO2)
}
