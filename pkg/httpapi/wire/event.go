package wire

import (
	"net/netip"
	"time"
)

// EventQuery asks for events, newest receipt first. Zero fields ask nothing.
type EventQuery struct {
	Slice
	Period         // of receipt
	Client         netip.Prefix
	Source         string
	Gateway        string
	Kind           string // "access" or "decoy"
	Host           string
	Method         string
	PathPrefix     string
	StatusFrom     int // inclusive
	StatusTo       int // inclusive; 0 = not asked
	RequestID      string
	DecisionAction string
	DecisionID     string // 16 hex digits
}

// Event is one record of a gateway. Texts are left out when they are unknown,
// and so are numbers: an unknown size is not a size of zero.
type Event struct {
	ID        string    `json:"id"` // FILE-OFFSET
	Time      time.Time `json:"time"`
	Received  time.Time `json:"received"`
	Agent     string    `json:"agent,omitempty"` // that shipped it; none = the service itself
	Source    string    `json:"source"`
	Gateway   string    `json:"gateway"`
	Kind      string    `json:"kind"`
	Direction string    `json:"direction"`
	Format    string    `json:"format"`
	FilePath  string    `json:"file_path"`
	Line      int64     `json:"line"`

	PeerAddress   string `json:"peer_address,omitempty"`
	ClientAddress string `json:"client_address,omitempty"`
	ForwardedFor  string `json:"forwarded_for,omitempty"`

	Method           string `json:"method,omitempty"`
	Host             string `json:"host,omitempty"`
	Path             string `json:"path,omitempty"`
	Query            string `json:"query,omitempty"`
	Protocol         string `json:"protocol,omitempty"`
	Route            string `json:"route,omitempty"`
	RouteOrigin      string `json:"route_origin,omitempty"`
	Status           *int64 `json:"status,omitempty"`
	RequestBytes     *int64 `json:"request_bytes,omitempty"`
	ResponseBytes    *int64 `json:"response_bytes,omitempty"`
	Duration         *int64 `json:"duration_ns,omitempty"`
	UpstreamDuration *int64 `json:"upstream_duration_ns,omitempty"`
	UserAgent        string `json:"user_agent,omitempty"`
	Referer          string `json:"referer,omitempty"`
	ContentType      string `json:"content_type,omitempty"`
	RequestID        string `json:"request_id,omitempty"`
	HeaderSignature  string `json:"header_signature,omitempty"`
	QuerySignature   string `json:"query_signature,omitempty"`
	TLSFingerprint   string `json:"tls_fingerprint,omitempty"`
	TLSVersion       string `json:"tls_version,omitempty"`

	PrincipalKind string `json:"principal_kind,omitempty"`
	Principal     string `json:"principal,omitempty"`
	Application   string `json:"application,omitempty"`
	User          string `json:"user,omitempty"`
	Session       string `json:"session,omitempty"`
	Tenant        string `json:"tenant,omitempty"`
	API           string `json:"api,omitempty"`
	Tags          string `json:"tags,omitempty"`
	Country       string `json:"country,omitempty"`
	Network       string `json:"network,omitempty"`
	Sensitive     string `json:"sensitive,omitempty"`

	DecisionAction string   `json:"decision_action,omitempty"`
	DecisionID     string   `json:"decision_id,omitempty"`
	Quality        []string `json:"quality,omitempty"`
}

// QuarantineQuery asks for records that could not be parsed, newest first.
type QuarantineQuery struct {
	Slice
	Period
	Source string
	Reason string
	Host   string // an agent, or block.ServiceHost
}

// Quarantined is a record that could not be parsed.
type Quarantined struct {
	ID       string    `json:"id"` // FILE-OFFSET
	Received time.Time `json:"received"`
	Agent    string    `json:"agent,omitempty"` // on whose host it is; none = the service's
	Source   string    `json:"source"`
	Gateway  string    `json:"gateway"`
	Format   string    `json:"format"`
	FilePath string    `json:"file_path"`
	Line     int64     `json:"line"`
	Offset   int64     `json:"offset"` // bytes of the file before it
	Length   int64     `json:"length"` // bytes of the record
	Reason   string    `json:"reason"`
	Excerpt  string    `json:"excerpt"` // its beginning, made printable
}
