package indicator

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what an indicator is about.
type Kind uint8

// The kinds. AnyKind is no kind of an indicator: in [Options] it lets the
// shape of a value decide.
const (
	AnyKind          Kind = iota
	Address               // an address or a prefix
	Domain                // a host name
	URL                   // host, path and query, or a path on any host
	UserAgent             // a user agent, as it is
	UserAgentPattern      // a regular expression that is found in a user agent
	Fingerprint           // a TLS fingerprint: JA3, JA4
	kinds
)

func kindNames() []string {
	return []string{"any", "address", "domain", "url", "user_agent", "user_agent_pattern", "fingerprint"}
}

// String is the kind's name in configuration and in output.
func (k Kind) String() string {
	if k < kinds {
		return kindNames()[k]
	}
	return fmt.Sprintf("kind(%d)", k)
}

// ParseKind reads a kind's name; "" is AnyKind.
func ParseKind(name string) (Kind, error) {
	if name == "" {
		return AnyKind, nil
	}
	for k, known := range kindNames() {
		if name == known {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("kind %q: want one of %s", name, strings.Join(kindNames(), ", "))
}

// Kinds are all kinds of indicators.
func Kinds() []Kind { return []Kind{Address, Domain, URL, UserAgent, UserAgentPattern, Fingerprint} }

// Indicator is one thing that is known to be hostile, or known at all.
type Indicator struct {
	Kind Kind
	// Value is the address or prefix, the name, the URL without its scheme, the
	// user agent, the pattern or the fingerprint.
	Value string
	// Subdomains: a domain stands for the names below it too.
	Subdomains bool
	Feed       string   // the feed that says so
	Source     string   // who says so by the feed's own account; may be empty
	Confidence int      // 0 to 100
	Labels     []string // what it is about, in the feed's words
	Reference  string   // where to read more; may be empty
	// From and Until bound, by the second, when the indicator is valid; zero
	// times do not.
	From, Until time.Time
}
