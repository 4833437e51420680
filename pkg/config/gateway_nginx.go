package config

import (
	"fmt"
	"time"
)

// Nginx is an nginx that keeps blocks itself, besides asking the agent or
// instead of it.
type Nginx struct {
	Maps   NginxMaps   `yaml:"maps" doc:"Blocks as include files of nginx's geo and map blocks: deploy/gateways/nginx."`
	Shared NginxShared `yaml:"shared" doc:"Blocks in nginx's shared memory, where our Lua module looks: deploy/gateways/nginx."`
}

// NginxMaps are blocks in nginx's files.
type NginxMaps struct {
	Dir        string        `yaml:"dir" doc:"Directory of the files, such as /var/lib/honeymoat-nginx. Empty: off. nginx includes current/… in it."`
	Check      []string      `yaml:"check" doc:"Command that tells whether nginx takes its configuration. What it does not take is taken back."`
	Reload     []string      `yaml:"reload" doc:"Command that has nginx read its configuration."`
	Confirm    string        `yaml:"confirm" doc:"Where nginx tells which version of the files it has, 127.0.0.1:4446 or unix:/path: the server in conf.d/honeymoat-maps.conf. Blocks count as enforced when it shows the new one. Empty: when the reload command has ended."`
	Every      time.Duration `yaml:"every" doc:"Least time from one reload to the next; what changes meanwhile waits."`
	Scopes     []string      `yaml:"scopes" doc:"What nginx knows of a request: address, prefix, user_agent and route; and api, application, fingerprint, network and country where conf.d/honeymoat-maps.conf tells it. Blocks of other scopes are left to the request path."`
	MaxEntries int           `yaml:"max_entries" doc:"Addresses and prefixes in the files. Those that end first are left to the request path."`
}

// NginxShared is blocks in nginx's memory.
type NginxShared struct {
	Socket string        `yaml:"socket" doc:"Path of the unix socket on which nginx takes blocks, such as /run/honeymoat-nginx/push.sock. Empty: off."`
	Check  time.Duration `yaml:"check" doc:"How often nginx is asked whether it still has everything: after its restart it has nothing."`
	Scopes []string      `yaml:"scopes" doc:"As in gateways.nginx.maps.scopes."`
}

// knownToNginx are the scopes that nginx knows without being told, toldToNginx
// those that it can be told.
func knownToNginx() []string { return []string{"address", "prefix", "user_agent", "route"} }

func toldToNginx() []string {
	return []string{"api", "application", "fingerprint", "network", "country"}
}

func defaultNginx() Nginx {
	return Nginx{
		Maps: NginxMaps{
			Check: []string{"nginx", "-t"}, Reload: []string{"nginx", "-s", "reload"}, Every: 5 * time.Second,
			Scopes: knownToNginx(), MaxEntries: 100_000,
		},
		Shared: NginxShared{Check: 250 * time.Millisecond, Scopes: knownToNginx()},
	}
}

func (c *checker) nginx(n Nginx) {
	if n.Maps.Dir != "" {
		c.nginxMaps(n.Maps)
	}
	if n.Shared.Socket != "" {
		c.lasts("$.gateways.nginx.shared.check", n.Shared.Check, time.Millisecond)
		c.nginxScopes("$.gateways.nginx.shared.scopes", n.Shared.Scopes)
	}
}

func (c *checker) nginxMaps(m NginxMaps) {
	const at = "$.gateways.nginx.maps."
	if len(m.Check) == 0 || len(m.Reload) == 0 {
		c.add(at+"check", "no command", "want commands as lists, such as check: [nginx, -t] and reload: [nginx, -s, reload]")
	}
	c.asks(at+"confirm", m.Confirm)
	c.lasts(at+"every", m.Every, 10*time.Millisecond)
	c.nginxScopes(at+"scopes", m.Scopes)
	if m.MaxEntries < 1 {
		c.add(at+"max_entries", "less than 1", "want a number such as 100000")
	}
}

func (c *checker) nginxScopes(at string, scopes []string) {
	for i, s := range scopes {
		c.oneOf(fmt.Sprintf("%s[%d]", at, i), s, append(knownToNginx(), toldToNginx()...)...)
	}
}
