package config

import (
	"path/filepath"
	"strings"
)

// HAProxy is HAProxy as a gateway.
type HAProxy struct {
	Runtime string `yaml:"runtime" doc:"unix:/path of HAProxy's Runtime API (stats socket … level admin), by which blocks are kept in its maps. Empty: they are not."`
	Maps    string `yaml:"maps" doc:"Directory of the maps' files, as HAProxy's configuration has them. The agent writes them, and makes those that are missing."`
	Listen  string `yaml:"listen" doc:"Where HAProxy asks by SPOE: unix:/path/of/socket, with the permissions of enforce.socket_mode, or a loopback address with port. Empty: it does not."`
}

func defaultHAProxy() HAProxy { return HAProxy{Maps: "/etc/haproxy/honeymoat"} }

func (c *checker) haproxy(h HAProxy) {
	c.asks("$.gateways.haproxy.listen", h.Listen)
	if h.Runtime == "" {
		return
	}
	if !strings.HasPrefix(h.Runtime, "unix:/") {
		c.add("$.gateways.haproxy.runtime", "not a unix socket", "want one such as unix:/run/haproxy/honeymoat.sock")
	}
	if !filepath.IsAbs(h.Maps) || strings.ContainsAny(h.Maps, " \t\n;\\\"'#()") {
		c.add("$.gateways.haproxy.maps", "not an absolute path that HAProxy's commands can name", "want one without spaces and signs, such as /etc/haproxy/honeymoat")
	}
}

// asks checks where a gateway asks, which may be nowhere.
func (c *checker) asks(path, value string) {
	if !strings.HasPrefix(value, "unix:/") {
		c.address(path, value, true)
	}
}
