package config

// Envoy is Envoy as a gateway.
type Envoy struct {
	Listen string `yaml:"listen" doc:"Where Envoy asks by ext_authz: unix:/path/of/socket, with the permissions of enforce.socket_mode, or a loopback address with port. Empty: it does not."`
	Decoys bool   `yaml:"decoys" doc:"Envoy hands requests with X-Honeymoat-Decision to the decoy responder. Otherwise those that touch a decoy are answered 404."`
}

func (c *checker) envoy(e Envoy) { c.asks("$.gateways.envoy.listen", e.Listen) }
