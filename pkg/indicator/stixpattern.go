package indicator

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// observable is one value that a pattern is about.
type observable struct {
	kind  Kind
	value string
}

var (
	errBoth      = errors.New("the pattern asks for several things at once (AND, FOLLOWEDBY), and none of them alone is an indicator")
	errNot       = errors.New("the pattern is about what is not there (NOT, !=), which is no indicator")
	errQualifier = errors.New("the pattern has a qualifier (WITHIN, REPEATS, START), and a single sighting is then no indicator")
)

// parseSTIXPattern reads the subset of the pattern language that speaks of
// single values: comparisons by =, IN, ISSUBSET, for user agents also LIKE and
// MATCHES, and OR of them. What does not show in requests, such as hashes of
// files, gives no value.
func parseSTIXPattern(pattern string) ([]observable, error) {
	tokens, err := stixTokens(pattern)
	if err != nil {
		return nil, err
	}
	p := stixParser{tokens: tokens}
	if err := p.observations(); err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, p.unexpected("the end")
	}
	return p.values, nil
}

// stixParser reads by recursive descent.
type stixParser struct {
	tokens []stixToken
	at     int
	depth  int
	values []observable
}

// maxDepth bounds parentheses in each other.
const maxDepth = 32

func (p *stixParser) peek() stixToken {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return stixToken{}
}

// accept reads a token if it is the one.
func (p *stixParser) accept(text string) bool {
	if t := p.peek(); t.kind != stixString && t.kind != stixEnd && strings.EqualFold(t.text, text) {
		p.at++
		return true
	}
	return false
}

func (p *stixParser) expect(text string) error {
	if !p.accept(text) {
		return p.unexpected(text)
	}
	return nil
}

func (p *stixParser) unexpected(want string) error {
	t := p.peek()
	if t.kind == stixEnd {
		return fmt.Errorf("the pattern ends where %s should stand", want)
	}
	return fmt.Errorf("the pattern has %q where %s should stand, at character %d", cut(t.text), want, t.at+1)
}

// observations reads "[…] OR […]".
func (p *stixParser) observations() error {
	for {
		if err := p.observation(); err != nil {
			return err
		}
		switch {
		case p.accept("AND"), p.accept("FOLLOWEDBY"):
			return errBoth
		case p.accept("WITHIN"), p.accept("REPEATS"), p.accept("START"):
			return errQualifier
		case !p.accept("OR"):
			return nil
		}
	}
}

func (p *stixParser) observation() error {
	if p.accept("(") {
		return p.nested(p.observations, ")")
	}
	if err := p.expect("["); err != nil {
		return err
	}
	return p.nested(p.comparisons, "]")
}

// nested reads what stands between brackets.
func (p *stixParser) nested(read func() error, end string) error {
	if p.depth++; p.depth > maxDepth {
		return errors.New("the pattern has too many parentheses in each other")
	}
	defer func() { p.depth-- }()
	if err := read(); err != nil {
		return err
	}
	return p.expect(end)
}

// comparisons reads "a = 'x' OR b = 'y'".
func (p *stixParser) comparisons() error {
	for {
		if err := p.comparison(); err != nil {
			return err
		}
		if p.accept("AND") {
			return errBoth
		}
		if !p.accept("OR") {
			return nil
		}
	}
}

func (p *stixParser) comparison() error {
	if p.accept("(") {
		return p.nested(p.comparisons, ")")
	}
	if p.accept("NOT") || p.accept("EXISTS") {
		return errNot
	}
	path := p.peek()
	if path.kind != stixPath {
		return p.unexpected("an object path such as ipv4-addr:value")
	}
	p.at++
	if p.accept("NOT") {
		return errNot
	}
	operator := strings.ToUpper(p.peek().text)
	p.at++
	values, err := p.operands(operator)
	if err != nil {
		return err
	}
	for _, v := range values {
		if err := p.add(path.text, operator, v); err != nil {
			return err
		}
	}
	return nil
}

// operands reads what a path is compared with.
func (p *stixParser) operands(operator string) ([]string, error) {
	switch operator {
	case "!=", "<>":
		return nil, errNot
	case "=", "==", "ISSUBSET", "LIKE", "MATCHES", "<", ">", "<=", ">=", "ISSUPERSET":
		v, err := p.literal()
		return []string{v}, err
	case "IN":
	default:
		p.at--
		return nil, p.unexpected("a comparison")
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var values []string
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if !p.accept(",") {
			return values, p.expect(")")
		}
	}
}

func (p *stixParser) literal() (string, error) {
	t := p.peek()
	if t.kind != stixString && t.kind != stixWord {
		return "", p.unexpected("a value")
	}
	p.at++
	return t.text, nil
}

// add keeps a comparison's value, if requests can have it.
func (p *stixParser) add(path, operator, value string) error {
	kind := stixKind(path)
	switch {
	case kind == AnyKind:
		return nil
	case operator == "=" || operator == "==" || operator == "IN":
	case operator == "ISSUBSET" && kind == Address:
		if _, err := netip.ParsePrefix(value); err != nil {
			return fmt.Errorf("%q is no prefix", cut(value))
		}
	case operator == "MATCHES" && kind == UserAgent:
		kind = UserAgentPattern
	case operator == "LIKE" && kind == UserAgent:
		kind, value = UserAgentPattern, likePattern(value)
	default:
		return fmt.Errorf("the comparison %s of %s is not one of single values", operator, cut(path))
	}
	p.values = append(p.values, observable{kind, value})
	return nil
}

// likePattern writes the wildcards % and _ as a regular expression.
func likePattern(like string) string {
	s := strings.NewReplacer("%", `[\s\S]*`, "_", `[\s\S]`).Replace(regexp.QuoteMeta(like))
	return "^" + s + "$"
}

// stixKind is what an object path is about; AnyKind for what does not show in
// requests.
func stixKind(path string) Kind {
	path = strings.ToLower(strings.ReplaceAll(path, "'", ""))
	switch path {
	case "ipv4-addr:value", "ipv6-addr:value", "network-traffic:src_ref.value", "network-traffic:dst_ref.value":
		return Address
	case "domain-name:value":
		return Domain
	case "url:value", "network-traffic:extensions.http-request-ext.request_value":
		return URL
	case "network-traffic:extensions.http-request-ext.request_header.user-agent",
		"network-traffic:extensions.http-request-ext.request_header.user-agent[0]",
		"network-traffic:extensions.http-request-ext.request_header.user-agent[*]":
		return UserAgent
	}
	return AnyKind
}
