package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Agent is the configuration of `honeymoat-agent run`.
type Agent struct {
	StateDir    string       `yaml:"state_dir" doc:"Directory of the credential, the decision set and the positions in logs. Readable by its owner only."`
	Log         Log          `yaml:"log" doc:"What the agent writes about itself, to standard error."`
	Transport   string       `yaml:"transport" doc:"How the service is reached: auto (the bus if it has told an address, else HTTP), bus or http."`
	Enforce     Enforce      `yaml:"enforce" doc:"Where the gateway asks."`
	Gateways    Gateways     `yaml:"gateways" doc:"Gateways that keep the blocks themselves, or ask in a way of their own."`
	Allow       Targets      `yaml:"allow" doc:"Never refused here, whatever the service says: addresses and prefixes, or other targets such as \"key:0a1b2c & 192.0.2.0/24\". Users, keys, tokens and sessions stand here as they are, and leave memory hashed only."`
	Fail        []FailRoute  `yaml:"fail" doc:"What becomes of requests while this agent has no blocks to go by, because it has never reached its service: the first route that fits decides, and requests of other routes pass."`
	Identify    Identify     `yaml:"identify" doc:"Where a request shows who is behind it."`
	APIs        []APIPaths   `yaml:"apis" doc:"Which requests belong to which api, for blocks on an api. A host stands before none, then the longer prefix."`
	Geo         Geo          `yaml:"geo" doc:"Databases in MaxMind's format, for blocks on countries and networks. Read again on reload."`
	TrustedHops Networks     `yaml:"trusted_hops" doc:"Proxies in front of this gateway, whose forwarded-for is believed in logs. Never refused."`
	Decoys      Decoys       `yaml:"decoys" doc:"Decoys that this agent answers beside its gateway."`
	Sources     []Source     `yaml:"sources" doc:"Logs that this agent ships."`
	Privacy     Privacy      `yaml:"privacy" doc:"What is masked on this host, for sources with mask: host. There is no key here: what the service would hash is dropped."`
	Spool       Spool        `yaml:"quarantine" doc:"Raw bytes of records that could not be parsed. They stay on this host, to be read again."`
	Metrics     AgentMetrics `yaml:"metrics" doc:"Prometheus metrics of the agent."`
}

// Enforce is where the gateway asks whether a request may pass.
type Enforce struct {
	Listen     string `yaml:"listen" doc:"unix:/path/of/socket or a loopback address with port. Empty: off, for gateways that keep blocks themselves or ask in another way."`
	SocketMode string `yaml:"socket_mode" doc:"Permissions of the socket, octal. The gateway's user must be able to write to it."`
	OnUnknown  string `yaml:"on_unknown" doc:"A request whose client address cannot be read: pass or deny."`
}

// Geo names the databases by which addresses have a country and a network.
type Geo struct {
	Country string `yaml:"country" doc:"File such as GeoLite2-Country.mmdb. Empty: no country is known, and blocks on countries refuse nobody here."`
	Network string `yaml:"network" doc:"File such as GeoLite2-ASN.mmdb. Empty: no network is known."`
}

// AgentMetrics is where metrics are served.
type AgentMetrics struct {
	Listen string `yaml:"listen" doc:"Address of /metrics and /healthz. Empty: off."`
}

// DefaultAgent is what holds where the file is silent.
func DefaultAgent() Agent {
	return Agent{
		StateDir:  "/var/lib/honeymoat-agent",
		Log:       Log{Level: "info", Format: "text"},
		Transport: "auto",
		Spool:     Spool{MaxBytes: 64 << 20},
		Gateways:  Gateways{Nginx: defaultNginx(), ForwardAuth: defaultForwardAuth(), HAProxy: defaultHAProxy(), WSO2: defaultWSO2()},
		Enforce:   Enforce{Listen: "unix:/run/honeymoat/agent.sock", SocketMode: "0660", OnUnknown: "pass"},
		Identify:  defaultIdentify(),
	}
}

// ReadAgent reads a file. The error, if the file can be read at all, is
// a mistake.List.
func ReadAgent(file string) (Agent, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Agent{}, fmt.Errorf("read configuration: %w", err)
	}
	return ParseAgent(file, data)
}

// ParseAgent reads a configuration; file is its name in messages.
func ParseAgent(file string, data []byte) (Agent, error) {
	a := DefaultAgent()
	told := decode(file, data, &a, KeyNames(a))
	for i := range a.Sources {
		a.Sources[i].setDefaults()
	}
	if a.Decoys.Responder.Log == "" {
		a.Decoys.Responder.Log = filepath.Join(a.StateDir, "decoy.log")
	}
	c := newChecker(file, data, told)
	c.agent(&a)
	return a, c.err()
}

func (c *checker) agent(a *Agent) {
	if a.StateDir == "" {
		c.add("$.state_dir", "no directory", "name a directory such as /var/lib/honeymoat-agent")
	}
	c.log(a.Log)
	c.sources(a.Sources, a.Decoys.Responder)
	for i := range a.Sources {
		if a.Sources[i].HTTP {
			c.add(fmt.Sprintf("$.sources[%d].http", i), "an agent has no HTTP front", "push to the service, or use syslog or a file here")
		}
	}
	c.oneOf("$.transport", a.Transport, "auto", "bus", "http")
	c.oneOf("$.enforce.on_unknown", a.Enforce.OnUnknown, "pass", "deny")
	if !strings.HasPrefix(a.Enforce.Listen, "unix:/") {
		c.address("$.enforce.listen", a.Enforce.Listen, true)
	}
	if _, err := a.Enforce.Mode(); err != nil {
		c.add("$.enforce.socket_mode", err.Error(), "want octal digits such as 0660")
	}
	c.address("$.decoys.responder.listen", a.Decoys.Responder.Listen, true)
	c.address("$.metrics.listen", a.Metrics.Listen, true)
	c.identify(a.Identify)
	c.apis(a.APIs)
	c.failRoutes(a.Fail)
	c.gateways(&a.Gateways)
}

// Mode is SocketMode as a number.
func (e Enforce) Mode() (os.FileMode, error) {
	var mode uint32
	if _, err := fmt.Sscanf(e.SocketMode, "%o", &mode); err != nil || mode > 0o777 {
		return 0, fmt.Errorf("%q is not a file mode", e.SocketMode)
	}
	return os.FileMode(mode), nil
}
