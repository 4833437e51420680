package config

import "net"

// ForwardAuth is where gateways ask whose client gets the answer as it is.
type ForwardAuth struct {
	Listen      string `yaml:"listen" doc:"Where Traefik (forwardAuth), Caddy (forward_auth), APISIX (forward-auth) and Kong ask: address with port, such as 127.0.0.1:4443. Empty: off."`
	SecretFile  string `yaml:"secret_file" doc:"File with what a gateway on another host sends in X-Honeymoat-Secret. Without it and without client_ca only loopback may ask."`
	Certificate string `yaml:"certificate" doc:"File with the certificate, for TLS. Needed when not on loopback."`
	Key         string `yaml:"key" doc:"File with the certificate's key."`
	ClientCA    string `yaml:"client_ca" doc:"File with the authority of the certificates that gateways show."`
	RequestID   string `yaml:"request_id" doc:"Header in which the gateway tells its own id of a request. Name it only if the gateway sets it whatever the client sends. Empty: none."`
	Restores    bool   `yaml:"restores_status" doc:"The gateway gives a decoy's answer the status that X-Honeymoat-Status names, as the documented ones of Caddy and Kong do. Without it a decoy that would answer 2xx, which lets a request pass, answers 404."`
	OnUnknown   string `yaml:"on_unknown" doc:"A request whose client address cannot be read: pass or deny."`
}

func defaultForwardAuth() ForwardAuth { return ForwardAuth{OnUnknown: "pass"} }

func (c *checker) forwardAuth(f ForwardAuth) {
	const at = "$.gateways.forward_auth."
	c.address(at+"listen", f.Listen, true)
	c.oneOf(at+"on_unknown", f.OnUnknown, "pass", "deny")
	if (f.Certificate == "") != (f.Key == "") {
		c.add(at+"certificate", "a certificate without a key, or a key without a certificate", "set both certificate and key")
	}
	if f.ClientCA != "" && f.Certificate == "" {
		c.add(at+"client_ca", "certificates of gateways without one of our own", "set certificate and key")
	}
	if f.Listen == "" || onLoopback(f.Listen) {
		return
	}
	if f.Certificate == "" {
		c.add(at+"listen", "what clients send would travel in clear, keys and cookies too", "listen on loopback, or set certificate and key")
	}
	if f.SecretFile == "" && f.ClientCA == "" {
		c.add(at+"listen", "nobody but loopback could ask", "set client_ca or secret_file")
	}
}

func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
