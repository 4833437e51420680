package payload

import (
	"math/bits"
	"strings"
)

// Kinds is a set of kinds of attack.
type Kinds uint32

// The kinds of attack.
const (
	SQLi            Kinds = 1 << iota // SQL injection
	XSS                               // cross-site scripting, HTML injection
	Traversal                         // out of a directory, or to a file of the system
	Command                           // commands of a shell, code of PHP, server-side includes
	Template                          // templates of Jinja, Twig, Freemarker, ERB, …
	Expression                        // OGNL, SpEL, EL: code of Java in an expression
	JNDI                              // lookups of Log4j
	SSRF                              // URLs that lead into the server's own network
	LDAP                              // LDAP filters
	NoSQL                             // operators of document stores
	XPath                             // XPath queries
	Deserialisation                   // serialised objects
	FileInclusion                     // stream wrappers and remote code for include
	XXE                               // XML entities from outside
	CRLF                              // lines that become headers
	Prototype                         // pollution of JavaScript prototypes

	allKinds = 1<<iota - 1
)

var kindNames = [...]string{
	"sqli", "xss", "traversal", "command", "template", "expression", "jndi", "ssrf", "ldap", "nosql",
	"xpath", "deserialisation", "fileinclusion", "xxe", "crlf", "prototype",
}

// KindNames returns the names of all kinds, in their order.
func KindNames() []string { return append([]string(nil), kindNames[:]...) }

// ParseKind returns the kind of a name.
func ParseKind(name string) (Kinds, bool) {
	for i, n := range kindNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Names returns the names of the kinds in k, in their order.
func (k Kinds) Names() []string {
	var names []string
	for k &= allKinds; k != 0; k &= k - 1 {
		names = append(names, kindNames[bits.TrailingZeros32(uint32(k))])
	}
	return names
}

// String is the names with commas between them.
func (k Kinds) String() string { return strings.Join(k.Names(), ",") }
