package accesslog

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Parser turns one record into one row. It keeps scratch memory and is not
// safe for concurrent use.
type Parser interface {
	// Parse sets the fields of b's open row, without closing it. The record
	// has no line end and no NUL, and is not empty. On any reason but Parsed
	// the caller drops the row.
	Parse(record []byte, b *event.Batch) Reason
}

// Header is implemented by parsers of formats in which lines of the file tell
// what the lines after them mean.
type Header interface {
	// Header reads a line that may be such a line. It may be given any line.
	Header(line []byte)
}

// Splitter finds the end of the first record in data: the number of its
// bytes, line end included, or 0 when data holds no whole record.
type Splitter func(data []byte) int

// Format is a dialect of access logs.
type Format struct {
	ID      string
	About   string // for people: who writes it
	Version int    // raised when the same line gives another row
	Split   Splitter
	New     func(Options) (Parser, error)
	Pattern bool // reads Options.Pattern
	Fields  bool // reads Options.Mapping
	Guessed bool // Auto may choose it
	// Lines: a record may have several lines, and ends where the next one
	// begins. The last of a file ends when nothing has followed it for a while.
	Lines bool
}

// Options of a Reader and its parser. The zero value reads any known format
// and trusts no hop.
type Options struct {
	Format  string         // id, "auto" or empty to choose by the first lines
	Pattern string         // of formats with a pattern: the directive as the gateway has it
	Mapping Mapping        // of JSON formats: laid over the gateway's own; of format json: nil = DefaultMapping
	Zone    *time.Location // of times that name none; nil = UTC, and the time is flagged

	Trusted func(netip.Addr) bool // proxies that are believed about the client; nil = none
	// ClientHeader names the header in which trusted hops name the client
	// instead of in X-Forwarded-For, such as CF-Connecting-IP.
	ClientHeader string
	// ForwardedAppended: the gateway logs no address but X-Forwarded-For, to
	// which it has itself appended its peer's. Without it, a log with nothing
	// but that header has no client: whoever calls could have made it up.
	ForwardedAppended bool

	MaxLine int // bytes of a record, more is cut; 0 = DefaultMaxLine
	MaxRows int // rows and rejected records in a batch; 0 = DefaultMaxRows
}

// Defaults of Options.
const (
	DefaultMaxLine = 64 << 10
	DefaultMaxRows = 8192
)

// Auto is the name of the choice by the first lines, see Detect.
const Auto = "auto"

// Formats lists the known formats, in the order in which Auto prefers them
// among those that fit equally well.
func Formats() []Format {
	return []Format{
		{ID: "traefik", About: "Traefik with format: json", Version: 1, Split: line, New: newTraefik, Fields: true, Guessed: true},
		{ID: "caddy", About: "Caddy with the json encoder", Version: 1, Split: line, New: newCaddy, Fields: true, Guessed: true},
		{ID: "kong", About: "Kong's file-log, http-log and other log plugins", Version: 1, Split: line, New: newKong, Fields: true, Guessed: true},
		{ID: "apisix", About: "APISIX's file-logger, http-logger and other loggers, without a log_format of your own", Version: 1, Split: line, New: newAPISIX, Fields: true, Guessed: true},
		{ID: "envoy-json", About: "Envoy with json_format, with the keys of Istio and of Envoy's documentation", Version: 1, Split: line, New: newEnvoyJSON, Fields: true, Guessed: true},
		{ID: "aws-apigw", About: "AWS API Gateway in JSON, with the keys of AWS's documentation", Version: 1, Split: line, New: newAWSGateway, Fields: true, Guessed: true},
		{ID: "wso2-metrics", About: "WSO2 API Manager's apim_metrics.log, to be preferred to its other logs", Version: 1, Split: line, New: newWSO2Metrics, Fields: true, Guessed: true},
		{ID: "wso2-api", About: "WSO2 API Manager's api.log; no status", Version: 1, Split: line, New: newWSO2API, Fields: true, Guessed: true},
		{ID: "wso2-access", About: "WSO2's http_access_*.log; no status", Version: 1, Split: line, New: newWSO2Access, Guessed: true},
		{ID: "tyk", About: "Tyk's access log, as JSON or text", Version: 1, Split: line, New: newTyk, Fields: true, Guessed: true},
		{ID: "apigee", About: "Apigee's MessageLogging policy to Cloud Logging, with the names of flow variables", Version: 1, Split: line, New: newApigee, Fields: true, Guessed: true},
		{ID: "ase-access", About: "PingIntelligence ASE's access log; no status", Version: 1, Split: aseRecord, New: newASE, Guessed: true, Lines: true},
		{ID: "ase-decoy", About: "PingIntelligence ASE's decoy log, for a source of kind decoy", Version: 1, Split: aseRecord, New: newASE, Lines: true},
		{ID: "json", About: "any JSON object a line, by a mapping of fields; our documented log_format without one", Version: 2, Split: line, New: newJSON, Fields: true, Guessed: true},
		{ID: "nginx", About: "nginx with a log_format of your own", Version: 1, Split: line, New: newNginx, Pattern: true},
		{ID: "apache", About: "Apache with a LogFormat of your own", Version: 1, Split: line, New: newApache, Pattern: true},
		{ID: "envoy", About: "Envoy's text format, its default and Istio's or one of your own", Version: 1, Split: line, New: newEnvoy, Pattern: true, Guessed: true},
		{ID: "haproxy", About: "HAProxy's httplog and httpslog, or a log-format of your own", Version: 1, Split: line, New: newHAProxy, Pattern: true, Guessed: true},
		{ID: "aws-alb", About: "AWS Application Load Balancer", Version: 1, Split: line, New: newALB, Guessed: true},
		{ID: "krakend", About: "KrakenD's router, Gin", Version: 1, Split: line, New: newKrakenD, Guessed: true},
		{ID: "w3c", About: "W3C extended, of IIS and CloudFront, with its #Fields line", Version: 1, Split: line, New: newW3C, Pattern: true, Guessed: true},
		{ID: "traefik-clf", About: "Traefik's common format", Version: 1, Split: line, New: newTraefikCLF, Guessed: true},
		{ID: "combined", About: "common and combined log format of nginx and Apache, with the usual extensions", Version: 2, Split: line, New: newCombined, Guessed: true},
	}
}

// Lookup finds a format by its id; "clf" is combined without its last two
// fields and read by the same parser, and "iis" is w3c.
func Lookup(id string) (Format, error) {
	switch id {
	case "clf":
		id = "combined"
	case "iis":
		id = "w3c"
	}
	known := []string{Auto, "clf", "iis"}
	for _, f := range Formats() {
		if f.ID == id {
			return f, nil
		}
		known = append(known, f.ID)
	}
	return Format{}, fmt.Errorf("log format %q: want one of %s", id, strings.Join(known, ", "))
}

// check refuses options that the format has no use for, and tells of those
// that it lacks.
func (f Format) check(o Options) error {
	switch {
	case o.Pattern != "" && !f.Pattern:
		return fmt.Errorf("log format %s: it has no pattern; want format nginx, apache, envoy, haproxy or w3c", f.ID)
	case o.Mapping != nil && !f.Fields:
		return fmt.Errorf("log format %s: its fields cannot be mapped; want format json or a gateway's JSON format", f.ID)
	}
	return nil
}

// line is the Splitter of formats with one record a line.
func line(data []byte) int { return bytes.IndexByte(data, '\n') + 1 }
