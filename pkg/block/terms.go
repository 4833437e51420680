package block

import (
	"fmt"
	"net/textproto"
	"strings"
	"unicode/utf8"
)

// Terms are the details of an action. A nil or zero Terms are its defaults.
// Terms are comparable, and may not be changed once they are in a block.
type Terms struct {
	Status int     `json:"status,omitempty"` // deny: of the answer; 0 = 403. throttle: 0 = 429
	Body   string  `json:"body,omitempty"`   // deny and throttle: of the answer, text or JSON
	Header string  `json:"header,omitempty"` // flag: name of the header to the backend; "" = X-Honeymoat-Flag
	Value  string  `json:"value,omitempty"`  // flag: its value; "" = the block's id
	Rate   float64 `json:"rate,omitempty"`   // throttle: requests a second that pass
	Burst  int     `json:"burst,omitempty"`  // throttle: requests that pass at once; 0 = the rate, at least 1
	// Each is for throttle: every client that matches has a bucket of its own,
	// instead of one for all.
	Each bool `json:"each,omitempty"`
}

// Bounds on terms.
const (
	MaxBody   = 2 << 10   // bytes
	maxHeader = 128       // bytes, of name and of value
	minRate   = 1. / 2000 // less is a deny
	maxRate   = 1e6
)

// The statuses of HTTP that matter here.
const (
	unauthorized    = 401
	forbidden       = 403
	tooManyRequests = 429
)

// FlagHeader is the header to the backend unless a block names another.
const FlagHeader = "X-Honeymoat-Flag"

func (t *Terms) validate(a Action) error {
	switch {
	case t == nil:
		t = &Terms{}
	case (t.Status != 0 || t.Body != "") && a != Deny && a != Throttle:
		return fmt.Errorf("block with action %s: status and body are for deny and throttle", a)
	case (t.Header != "" || t.Value != "") && a != Flag:
		return fmt.Errorf("block with action %s: header and value are for flag", a)
	case (t.Rate != 0 || t.Burst != 0 || t.Each) && a != Throttle:
		return fmt.Errorf("block with action %s: rate, burst and each are for throttle", a)
	}
	switch {
	case a == Throttle && !(t.Rate >= minRate && t.Rate <= maxRate):
		return fmt.Errorf("block rate of %v requests a second: want %v to %.0f", t.Rate, minRate, maxRate)
	case t.Burst < 0 || float64(t.Burst) > maxRate:
		return fmt.Errorf("block burst of %d requests: want 0 to %.0f", t.Burst, maxRate)
	case t.Status != 0 && (t.Status < 400 || t.Status > 599 || t.Status == unauthorized):
		return fmt.Errorf("block status %d: want 400 to 599, and not 401, which means divert between agent and gateway", t.Status)
	case len(t.Body) > MaxBody || !utf8.ValidString(t.Body):
		return fmt.Errorf("block body of %d bytes: want UTF-8 text of at most %d", len(t.Body), MaxBody)
	}
	return t.validateHeader()
}

func (t *Terms) validateHeader() error {
	switch {
	case strings.ContainsFunc(t.Header, notInToken) || len(t.Header) > maxHeader:
		return fmt.Errorf("block header %q: want the name of an HTTP header", t.Header)
	case t.Header != "" && !mayFlag(t.Header):
		return fmt.Errorf("block header %q: want one that begins with X- and that nobody takes for who the client is, such as X-Suspect", t.Header)
	case strings.ContainsFunc(t.Value, notPrintable) || len(t.Value) > maxHeader:
		return fmt.Errorf("block header value %q: want at most %d printable characters", t.Value, maxHeader)
	}
	return nil
}

// mayFlag tells whether a header may go to the backend with a flagged request.
// A flag needs no preview and no second person, so it must neither break the
// request nor speak for somebody: proxies and applications believe what such
// headers say. "_" is "-" to many of them.
func mayFlag(header string) bool {
	name := strings.ReplaceAll(textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(header, "_", "-")), "--", "-")
	if name == FlagHeader {
		return true
	}
	rest, ours := strings.CutPrefix(name, "X-")
	for _, believed := range [...]string{
		"Forward", "Real-", "Client", "Remote", "Original", "User", "Auth", "Api-", "Http", "Method", "Host", "Request", "Amz", "Envoy", "Accel", "Sendfile",
		"Csrf", "Xsrf", "Ssl", "Consumer", "Credential", "Jwt", "Token", "Role", "Group", "Tenant", "Account", "Session", "Principal", "Honeymoat-",
	} {
		if strings.HasPrefix(rest, believed) {
			return false
		}
	}
	return ours && rest != "" && !strings.HasSuffix(rest, "-")
}

func notInToken(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// AnswerStatus is the status of the answer to a refused request.
func (t *Terms) AnswerStatus(a Action) int {
	switch {
	case t != nil && t.Status != 0:
		return t.Status
	case a == Throttle:
		return tooManyRequests
	default:
		return forbidden
	}
}

// AnswerBody is the body of the answer to a refused request, and its type.
func (t *Terms) AnswerBody() (contentType, body string) {
	if t == nil || t.Body == "" {
		return "", ""
	}
	if b := strings.TrimSpace(t.Body); strings.HasPrefix(b, "{") || strings.HasPrefix(b, "[") {
		return "application/json", t.Body
	}
	return "text/plain; charset=utf-8", t.Body
}

// FlagHeader is the header by which a flagged request goes to the backend.
func (t *Terms) FlagHeader(id ID) (name, value string) {
	name, value = FlagHeader, id.String()
	if t != nil && t.Header != "" {
		name = textproto.CanonicalMIMEHeaderKey(t.Header)
	}
	if t != nil && t.Value != "" {
		value = t.Value
	}
	return name, value
}

// BurstOrRate is how many requests pass at once.
func (t *Terms) BurstOrRate() int {
	if t.Burst > 0 {
		return t.Burst
	}
	return max(1, int(t.Rate))
}
