package config

// Gateways are the gateways beside an agent that keep blocks in their own
// memory, or ask in a way of their own. All are off by default.
type Gateways struct {
	Nginx       Nginx       `yaml:"nginx" doc:"nginx that keeps blocks itself."`
	ForwardAuth ForwardAuth `yaml:"forward_auth" doc:"Traefik, Caddy, APISIX and Kong, which ask before each request."`
	HAProxy     HAProxy     `yaml:"haproxy" doc:"HAProxy, by its maps and by SPOE."`
	Envoy       Envoy       `yaml:"envoy" doc:"Envoy, by ext_authz."`
	Nftables    Nftables    `yaml:"nftables" doc:"The host's packet filter."`
	WSO2        WSO2        `yaml:"wso2" doc:"WSO2 API Manager."`
}

func (c *checker) gateways(g *Gateways) {
	c.nginx(g.Nginx)
	c.forwardAuth(g.ForwardAuth)
	c.haproxy(g.HAProxy)
	c.envoy(g.Envoy)
	c.nftables(g.Nftables)
	c.wso2(g.WSO2)
}
