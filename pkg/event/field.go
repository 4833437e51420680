package event

import (
	"strconv"
	"time"
)

// Field names one column of the schema. The four kinds of columns have their
// own types so that a number can never be written into a text column.
type (
	// TextField is a column of byte strings. An empty string is "unknown".
	TextField uint8
	// NumberField is a column of int64. Unknown marks an unknown value.
	NumberField uint8
	// AddrField is a column of IP addresses. The zero Addr is "unknown".
	AddrField uint8
)

// Unknown is the value of a number that the log does not tell. It is never
// zero: an answer of zero bytes is not an answer of unknown size.
const Unknown int64 = -1 << 63

// The text columns. What is the same for all rows of a batch (source,
// gateway, format …) is in Header instead.
const (
	Method          TextField = iota // as written: "GET"
	Host                             // the Host header or server name, without the port where the log has none
	Path                             // the path as requested, undecoded, without the query
	Query                            // the query as requested, undecoded, without "?"
	Protocol                         // "HTTP/1.1"
	Route                            // route template, "/users/{id}"
	RouteOrigin                      // "gateway", "spec" or "inferred"
	UserAgent                        // the User-Agent header
	Referer                          // the Referer header
	ForwardedFor                     // X-Forwarded-For (or Forwarded) as received: a client can forge it
	PrincipalKind                    // "user", "application", "key", "token"
	Principal                        // keyed hash of the principal's value
	Application                      // application or consumer
	User                             // authenticated user
	Session                          // session id
	TLSFingerprint                   // JA3, JA4 or what the gateway computes
	TLSVersion                       // "TLSv1.3"
	RequestID                        // the gateway's own request id
	API                              // the API that the route belongs to
	Tags                             // tags of the API, comma separated
	Tenant                           // tenant, where one gateway serves several
	ContentType                      // the request's Content-Type
	HeaderSignature                  // names and order of the request headers
	QuerySignature                   // names and order of the query keys
	Country                          // ISO 3166 two-letter code of the client
	Network                          // autonomous system of the client, "AS64500"
	Sensitive                        // kinds of sensitive data seen, comma separated
	DecisionID                       // the decision that our agent took on this request
	DecisionAction                   // what the agent did: "deny", "divert", "flag", "throttle"
	textFields                       // count
)

// The number columns, with their units.
const (
	Time             NumberField = iota // when the request was received or answered, Unix nanoseconds
	Offset                              // byte offset of the record in its file
	Line                                // 1-based number of the record's first line in its file
	Length                              // bytes of the record in its file, line end included
	Status                              // HTTP status; 0 = the client left before an answer
	RequestBytes                        // size of the request
	ResponseBytes                       // size of the response
	Duration                            // request until end of the answer, nanoseconds
	UpstreamDuration                    // time spent by the upstream, nanoseconds
	Quality                             // Flags
	numberFields                        // count
)

// The address columns.
const (
	PeerAddress   AddrField = iota // the other end of the gateway's connection
	ClientAddress                  // the client, found through configured trusted hops only
	addrFields                     // count
)

// Flags say what a row lacks or how it was bent, as bits of the Quality column.
type Flags int64

const (
	NoBytes       Flags = 1 << iota // the format has no byte counts, or this line had none
	NoUserAgent                     // the format cannot tell the user agent
	StatusUnknown                   // no status was logged
	BytesOnWire                     // byte counts include headers
	Truncated                       // the line was longer than the limit and was cut
	BadEncoding                     // a field held invalid UTF-8 and was escaped
	BadRequest                      // the request line was not "METHOD target PROTOCOL"
	TimeAssumed                     // the line had no usable time or zone; the batch's was used
	BadForwarded                    // a forwarded-for entry could not be read
)

var flagNames = [...]string{
	"no_bytes", "no_user_agent", "status_unknown", "bytes_on_wire", "truncated",
	"bad_encoding", "bad_request", "time_assumed", "bad_forwarded",
}

// Names lists the set flags by their names in the store.
func (f Flags) Names() []string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

var textNames = [textFields]string{
	"method", "host", "path", "query", "protocol", "route", "route_origin", "user_agent", "referer",
	"forwarded_for", "principal_kind", "principal", "application", "user", "session", "tls_fingerprint",
	"tls_version", "request_id", "api", "tags", "tenant", "content_type", "header_signature",
	"query_signature", "country", "network", "sensitive", "decision_id", "decision_action",
}

var numberNames = [numberFields]string{
	"time", "offset", "line", "length", "status", "request_bytes", "response_bytes",
	"duration", "upstream_duration", "quality",
}

var addrNames = [addrFields]string{"peer_address", "client_address"}

// String is the name of the column in the store and in configuration.
func (f TextField) String() string   { return textNames[f] }
func (f NumberField) String() string { return numberNames[f] }
func (f AddrField) String() string   { return addrNames[f] }

// Text is a value of the column for people: a time as RFC 3339 in UTC, a
// duration with its unit, and nothing for Unknown.
func (f NumberField) Text(v int64) string {
	switch {
	case v == Unknown:
		return ""
	case f == Time:
		return time.Unix(0, v).UTC().Format(time.RFC3339Nano)
	case f == Duration || f == UpstreamDuration:
		return time.Duration(v).String()
	}
	return strconv.FormatInt(v, 10)
}

// TextFields lists all text columns in order.
func TextFields() []TextField { return sequence[TextField](textFields) }

// NumberFields lists all number columns in order.
func NumberFields() []NumberField { return sequence[NumberField](numberFields) }

// AddrFields lists all address columns in order.
func AddrFields() []AddrField { return sequence[AddrField](addrFields) }

func sequence[F ~uint8](n F) []F {
	fields := make([]F, n)
	for i := range fields {
		fields[i] = F(i)
	}
	return fields
}
