package config

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Service is the configuration of `honeymoat serve`.
type Service struct {
	DataDir   string     `yaml:"data_dir" doc:"Directory of all state: bus, store, positions, keys, certificates. Readable by its owner only."`
	Log       Log        `yaml:"log" doc:"What honeymoat writes about itself, to standard error."`
	Network   Networking `yaml:"network" doc:"Who is who in the network."`
	Sources   []Source   `yaml:"sources" doc:"Logs that the service reads itself. Files named on the command line are added."`
	Bus       Bus        `yaml:"bus" doc:"NATS JetStream: streams of events, and the blocklist."`
	Store     Store      `yaml:"store" doc:"ClickHouse."`
	Privacy   Privacy    `yaml:"privacy" doc:"What is masked, hashed or dropped before anything is stored, found, alerted or exported."`
	HashKeys  HashKeys   `yaml:"hash_keys" doc:"Keys of the hashes that stand for users, tokens and sessions in the store."`
	Routes    Routes     `yaml:"routes" doc:"Route templates."`
	Spool     Spool      `yaml:"quarantine" doc:"Raw bytes of records that could not be parsed. They stay on their host, to be read again."`
	Evidence  Evidence   `yaml:"evidence" doc:"How what was found about an actor adds up to a risk."`
	Tiers     []TierRule `yaml:"tiers" doc:"What is logged, what notifies and what pages. Written out, the list replaces the shipped one, which stands in deploy/honeymoat.yaml."`
	Alerting  Alerting   `yaml:"alerting" doc:"Alertmanager."`
	Decoys    Decoys     `yaml:"decoys" doc:"The decoy catalogue and the responder of a whole decoy API."`
	Rules     Rules      `yaml:"rules" doc:"Rules that every event is held against."`
	Intel     Intel      `yaml:"intel" doc:"Threat intelligence from elsewhere."`
	Baselines Baselines  `yaml:"baselines" doc:"What is normal, and how often to be told of what is not; see deploy/BASELINES.md."`
	Behaviour Behaviour  `yaml:"behaviour" doc:"How actors go about what they do."`
	Blocks    Blocks     `yaml:"blocks" doc:"Limits on what may be blocked, by whom and for how long."`
	Webhooks  []Webhook  `yaml:"webhooks" doc:"Endpoints that are told of changes to the blocks; see deploy/LISTS.md."`
	Rollout   Rollout    `yaml:"rollout" doc:"How rules whose blocks have the mode rollout come from shadow to enforcement."`
	Traffic   Traffic    `yaml:"traffic" doc:"Who sent what in the last day, counted in bounded memory."`
	API       API        `yaml:"api" doc:"The HTTP front: API, metrics, health."`
}

// Log is how a process logs about itself.
type Log struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error."`
	Format string `yaml:"format" doc:"text or json."`
}

// Networking tells who is who. Addresses or prefixes.
type Networking struct {
	TrustedHops Networks `yaml:"trusted_hops" doc:"Proxies in front of the gateways, whose forwarded-for is believed. Never blocked."`
	Internal    Networks `yaml:"internal" doc:"Our own networks: a decoy touched from there is a breach and wakes somebody up."`
	Allow       Networks `yaml:"allow" doc:"Never blocked: partners, offices. Agents let them pass whatever is blocked. After a reload blocks on them are lifted at once."`
	Monitors    Networks `yaml:"monitors" doc:"That look whether we are there. As allow."`
	Own         Networks `yaml:"own" doc:"Our own egress. Never blocked. The addresses of this host are added."`
}

// Bus is NATS JetStream, embedded or a cluster.
type Bus struct {
	Listen         string        `yaml:"listen" doc:"Address on which agents reach the bus (TLS), such as 0.0.0.0:4440. Empty: agents use the HTTP stream of the front."`
	Advertise      []string      `yaml:"advertise" doc:"Host names or addresses, with port, that agents are told to use. Default: api.names with the port of bus.listen."`
	MaxBytes       Size          `yaml:"max_bytes" doc:"Disk budget of events that wait for the store."`
	OnFull         string        `yaml:"on_full" doc:"When the budget is used up: stop (reading stops, the files are the buffer) or detect_only (unstored events are dropped, oldest first, and counted)."`
	ExternalURL    string        `yaml:"external_url" doc:"URL of a NATS cluster, such as nats-leaf://bus.example.net:7422. The embedded server then joins it as a leaf node and keeps no streams itself. Its max_payload has to be 4 MiB or more."`
	ExternalDomain string        `yaml:"external_domain" doc:"JetStream domain of that cluster (jetstream { domain: … } in its configuration). A leaf node reaches JetStream by it only."`
	Credentials    string        `yaml:"credentials" doc:"NATS credentials file for external_url."`
	Replicas       int           `yaml:"replicas" doc:"Copies of each stream in a cluster."`
	LeaseTTL       time.Duration `yaml:"lease_ttl" doc:"How long a second honeymoat on the same external bus waits after the first was last heard of. The embedded bus has only one."`
}

// Store is ClickHouse, embedded or a server.
type Store struct {
	URL           string `yaml:"url" doc:"URL of a ClickHouse server, such as https://clickhouse.example.net:8443/honeymoat. Empty: the embedded engine."`
	User          string `yaml:"user" doc:"User on that server."`
	PasswordFile  string `yaml:"password_file" doc:"File that holds the user's password."`
	Cluster       string `yaml:"cluster" doc:"Name of the cluster for ON CLUSTER and Replicated tables. Empty: a single node."`
	RetentionDays int    `yaml:"retention_days" doc:"Days after receipt until events are dropped."`
	Engine        Engine `yaml:"engine" doc:"The embedded engine."`
}

// Engine is the embedded ClickHouse engine.
type Engine struct {
	Library   string `yaml:"library" doc:"Path of libchdb.so. Default: where make engine puts it."`
	Listen    string `yaml:"listen" doc:"Address of its HTTP interface."`
	MaxMemory Size   `yaml:"max_memory" doc:"Memory that its queries and merges may use."`
}

// Privacy is what becomes of secrets and personal data.
type Privacy struct {
	Detectors  []string          `yaml:"detectors" doc:"Kinds of secrets and personal data that are masked in free text. Default: all that are on by default; honeymoat privacy detectors lists them."`
	Parameters []string          `yaml:"parameters" doc:"Names of parameters whose values are secret, besides the well-known ones."`
	Custom     []PrivacyPattern  `yaml:"custom" doc:"Detectors of your own."`
	Fields     map[string]string `yaml:"fields" doc:"Identifying field → clear, hash or drop. Default: hash for user, principal and session, clear for the others."`
}

// HashKeys are the keys of the hashes that stand for principals.
type HashKeys struct {
	RotateDays int `yaml:"rotate_days" doc:"Days until hashes are made with a new key. Old keys are kept as long as events are, to find a principal again."`
}

// PrivacyPattern is a detector of the operator's own.
type PrivacyPattern struct {
	Kind       string `yaml:"kind" doc:"Name of the kind, as in the mask and in the column sensitive."`
	Expression string `yaml:"expression" doc:"Regular expression (RE2) of what is masked."`
}

// Routes tell how requests are grouped.
type Routes struct {
	Specs       []string `yaml:"specs" doc:"OpenAPI documents whose paths are the templates. What they do not hold is inferred."`
	MaxSegments int      `yaml:"max_segments" doc:"Path segments that inference remembers, in all: the bound on its memory."`
}

// Spool bounds the raw bytes of quarantined records.
type Spool struct {
	MaxBytes Size `yaml:"max_bytes" doc:"Bytes kept on this host, oldest dropped first. 0 keeps none."`
}

// Alerting is Alertmanager, embedded or a cluster.
type Alerting struct {
	URLs         []string      `yaml:"urls" doc:"URLs of Alertmanagers. Empty: the embedded one."`
	ConfigFile   string        `yaml:"config_file" doc:"alertmanager.yml of the embedded Alertmanager. Empty: alerts are kept and shown, and sent to nobody."`
	ResolveAfter time.Duration `yaml:"resolve_after" doc:"An actor's alert is over when nothing new was found for this long and no block on it lives."`
	ConsoleURL   string        `yaml:"console_url" doc:"URL of the front as people reach it, for links. Default: from api.listen, or the first of api.names if that is every address."`
	DashboardURL string        `yaml:"dashboard_url" doc:"URL of Grafana, for links."`
}

// Decoys are paths that nobody has a reason to ask for.
type Decoys struct {
	Catalogue string    `yaml:"catalogue" doc:"YAML file with decoys. Default: the catalogue that comes with honeymoat."`
	Responder Responder `yaml:"responder" doc:"Answers a whole decoy API. Agents answer decoys beside their gateways."`
}

// Responder serves decoys over HTTP.
type Responder struct {
	Listen string `yaml:"listen" doc:"Address of the decoy responder. Empty: off."`
	Log    string `yaml:"log" doc:"Its log, one JSON object a line. Default: decoy.log in the data or state directory."`
}

// API is the HTTP front.
type API struct {
	Listen         string   `yaml:"listen" doc:"Address of the front (TLS)."`
	BouncerListen  string   `yaml:"bouncer_listen" doc:"Address on loopback where CrowdSec's bouncers are answered without TLS, such as 127.0.0.1:8441, for those that cannot be told of our CA. The front answers them too. Empty: off."`
	Names          []string `yaml:"names" doc:"Host names and addresses for the certificate, besides localhost."`
	CertFile       string   `yaml:"cert_file" doc:"Certificate chain. Default: one signed by honeymoat's own CA, made at first start."`
	KeyFile        string   `yaml:"key_file" doc:"Key of cert_file."`
	PublicMetrics  bool     `yaml:"public_metrics" doc:"Serve /metrics without a token."`
	TokenFile      string   `yaml:"token_file" doc:"YAML file with the tokens of people and programs. Default: tokens.yaml in data_dir, made at first start with one admin token."`
	MaxFailedLogin int      `yaml:"max_failed_logins" doc:"Wrong tokens a minute from one address before it has to wait."`
}

// DefaultService is the configuration that runs with no file: everything
// embedded, state in ./data, one front on loopback.
func DefaultService() Service {
	internal, _ := ParseNetworks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
	return Service{
		DataDir:   "data",
		Log:       Log{Level: "info", Format: "text"},
		Network:   Networking{Internal: internal},
		Bus:       Bus{MaxBytes: 10 << 30, OnFull: "stop", Replicas: 1, LeaseTTL: 10 * time.Second},
		Store:     Store{User: "honeymoat", RetentionDays: 30, Engine: Engine{Listen: "127.0.0.1:8123", MaxMemory: 2 << 30}},
		HashKeys:  HashKeys{RotateDays: 90},
		Routes:    Routes{MaxSegments: 100_000},
		Spool:     Spool{MaxBytes: 64 << 20},
		Alerting:  Alerting{ResolveAfter: 30 * time.Minute},
		Evidence:  defaultEvidence(),
		Tiers:     defaultTiers(),
		Rules:     defaultRules(),
		Baselines: defaultBaselines(),
		Behaviour: defaultBehaviour(),
		Blocks:    defaultBlocks(),
		Rollout:   defaultRollout(),
		Traffic:   defaultTraffic(),
		API:       API{Listen: "127.0.0.1:8440", MaxFailedLogin: 30},
	}
}

// ReadService reads a file; an empty name gives the defaults. The error, if
// the file can be read at all, is a mistake.List.
func ReadService(file string) (Service, error) {
	if file == "" {
		return ParseService("", nil)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return Service{}, fmt.Errorf("read configuration: %w", err)
	}
	return ParseService(file, data)
}

// ParseService reads a configuration; file is its name in messages.
func ParseService(file string, data []byte) (Service, error) {
	s := DefaultService()
	told := decode(file, data, &s, KeyNames(s))
	for i := range s.Sources {
		s.Sources[i].setDefaults()
	}
	for i := range s.Intel.Feeds {
		s.Intel.Feeds[i].setDefaults()
	}
	for i := range s.Blocks.Lists {
		s.Blocks.Lists[i].setDefaults()
	}
	for i := range s.Webhooks {
		s.Webhooks[i].setDefaults()
	}
	if s.Decoys.Responder.Log == "" {
		s.Decoys.Responder.Log = filepath.Join(s.DataDir, "decoy.log")
	}
	if s.API.TokenFile == "" {
		s.API.TokenFile = filepath.Join(s.DataDir, "tokens.yaml")
	}
	c := newChecker(file, data, told)
	c.service(&s)
	return s, c.err()
}

func (c *checker) service(s *Service) {
	if s.DataDir == "" {
		c.add("$.data_dir", "no directory", "name a directory such as /var/lib/honeymoat")
	}
	c.log(s.Log)
	c.sources(s.Sources, s.Decoys.Responder)
	for i := range s.Sources {
		if name := s.Sources[i].Name; name == FilesSource || name == InputSource {
			c.add(fmt.Sprintf("$.sources[%d].name", i), fmt.Sprintf("%q is the source of logs named on the command line", name), "choose another name")
		}
	}
	c.rules(s.Rules)
	c.intel(s.Intel)
	c.oneOf("$.bus.on_full", s.Bus.OnFull, "stop", "detect_only")
	c.address("$.bus.listen", s.Bus.Listen, true)
	c.address("$.store.engine.listen", s.Store.Engine.Listen, false)
	c.address("$.api.listen", s.API.Listen, false)
	c.loopback("$.api.bouncer_listen", s.API.BouncerListen)
	c.address("$.decoys.responder.listen", s.Decoys.Responder.Listen, true)
	if s.Bus.ExternalURL != "" && s.Bus.ExternalDomain == "" {
		c.add("$.bus.external_url", "a cluster without its JetStream domain", "set external_domain to the domain in the cluster's own configuration")
	}
	c.atLeast("$.bus.max_bytes", int64(s.Bus.MaxBytes), 16<<20)
	c.atLeast("$.bus.replicas", int64(s.Bus.Replicas), 1)
	c.lasts("$.bus.lease_ttl", s.Bus.LeaseTTL, 2*time.Second)
	c.atLeast("$.store.retention_days", int64(s.Store.RetentionDays), 1)
	c.atLeast("$.store.engine.max_memory", int64(s.Store.Engine.MaxMemory), 256<<20)
	c.atLeast("$.hash_keys.rotate_days", int64(s.HashKeys.RotateDays), 1)
	c.atLeast("$.routes.max_segments", int64(s.Routes.MaxSegments), 1000)
	c.baselines(s.Baselines)
	c.behaviour(s.Behaviour)
	c.blocks(s.Blocks)
	c.lists(s.Blocks.Lists, s.Intel.Feeds)
	c.webhooks(s.Webhooks)
	c.rollout(s.Rollout)
	c.traffic(s.Traffic)
	c.evidence(s.Evidence)
	c.tiers(s.Evidence, s.Tiers)
	c.lasts("$.alerting.resolve_after", s.Alerting.ResolveAfter, time.Second)
	if (s.API.CertFile == "") != (s.API.KeyFile == "") {
		c.add("$.api.cert_file", "a certificate without a key, or a key without a certificate", "set both cert_file and key_file")
	}
}

func (c *checker) log(l Log) {
	c.oneOf("$.log.level", l.Level, "debug", "info", "warn", "error")
	c.oneOf("$.log.format", l.Format, "text", "json")
}

func (c *checker) address(path, value string, empty bool) {
	if value == "" && empty {
		return
	}
	if _, _, err := net.SplitHostPort(value); err != nil {
		c.add(path, fmt.Sprintf("%q is not an address", value), "want HOST:PORT such as 127.0.0.1:8440")
	}
}

func (c *checker) atLeast(path string, value, least int64) {
	if value < least {
		c.add(path, fmt.Sprintf("%d is too little", value), fmt.Sprintf("want at least %d", least))
	}
}

// lasts is atLeast for how long something lasts.
func (c *checker) lasts(path string, value, least time.Duration) {
	if value < least {
		c.add(path, fmt.Sprintf("%s is too little", value), fmt.Sprintf("want at least %s", least))
	}
}

// SetDataDir moves the data directory, and what lies in it by default.
func (s *Service) SetDataDir(dir string) {
	if s.API.TokenFile == filepath.Join(s.DataDir, "tokens.yaml") {
		s.API.TokenFile = filepath.Join(dir, "tokens.yaml")
	}
	if s.Decoys.Responder.Log == filepath.Join(s.DataDir, "decoy.log") {
		s.Decoys.Responder.Log = filepath.Join(dir, "decoy.log")
	}
	s.DataDir = dir
}

// AddInput adds a source of lines, in any known format, on standard input.
func (s *Service) AddInput() {
	src := Source{Name: InputSource}
	src.setDefaults()
	s.Sources = append(s.Sources, src)
}

// AddLogs adds a source of log files in any known format.
func (s *Service) AddLogs(paths []string) {
	if len(paths) == 0 {
		return
	}
	src := Source{Name: FilesSource, Paths: paths}
	src.setDefaults()
	s.Sources = append(s.Sources, src)
}
