package config

// Nftables is the host's packet filter as a gateway.
type Nftables struct {
	Ports     []uint16 `yaml:"ports" doc:"Ports on which blocked clients get no connection, such as [80, 443]. Empty: off. Only where the peer of a connection is the client: behind a load balancer it is not. The agent needs CAP_NET_ADMIN."`
	Forward   bool     `yaml:"forward" doc:"Guard what this host passes on as well: gateways in containers."`
	Namespace string   `yaml:"namespace" doc:"File of another network namespace, such as /run/netns/gateway. Empty: the agent's own."`
}

func (c *checker) nftables(n Nftables) {
	for _, p := range n.Ports {
		if p == 0 {
			c.add("$.gateways.nftables.ports", "0 is no port", "name the ports of the gateway, such as [80, 443]")
		}
	}
	if len(n.Ports) == 0 && (n.Forward || n.Namespace != "") {
		c.add("$.gateways.nftables", "no ports", "name the ports of the gateway: ports: [80, 443]")
	}
}
