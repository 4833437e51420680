package httpapi

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxText bounds the text of a parameter, in bytes.
const maxText = 1024

// params reads query parameters and collects what is wrong with them, so that
// a caller learns of all mistakes at once. A parameter that nothing asked for
// is a mistake too: a filter with a typing error must not answer everything.
type params struct {
	values  url.Values
	known   []string
	invalid []wire.Invalid
}

func newParams(u *url.URL) *params {
	values, err := url.ParseQuery(u.RawQuery)
	p := &params{values: values}
	if err != nil {
		p.wrong("query", "not a well-formed query: percent-encode what is special")
	}
	return p
}

// err is the problem of all mistakes, or nil.
func (p *params) err() error {
	for name := range p.values {
		if !slices.Contains(p.known, name) {
			p.wrong(name, "unknown; this path knows "+strings.Join(p.known, ", "))
		}
	}
	if len(p.invalid) == 0 {
		return nil
	}
	slices.SortFunc(p.invalid, func(a, b wire.Invalid) int { return strings.Compare(a.Name, b.Name) })
	problem := badParameters.with("")
	problem.Invalid = p.invalid
	return problem
}

func (p *params) wrong(name, format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	p.invalid = append(p.invalid, wire.Invalid{Name: name, Reason: format})
}

// text is the value of a parameter, empty when it is not there.
func (p *params) text(name string) string {
	p.known = append(p.known, name)
	values := p.values[name]
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1:
		p.wrong(name, "given %d times; want it once", len(values))
	case len(values[0]) > maxText:
		p.wrong(name, "longer than %d bytes", maxText)
	case !utf8.ValidString(values[0]):
		p.wrong(name, "not valid UTF-8")
	default:
		return values[0]
	}
	return ""
}

// read parses a parameter unless it is absent or empty.
func read[T any](p *params, name string, parse func(string) (T, error)) T {
	var v T
	text := p.text(name)
	if text == "" {
		return v
	}
	v, err := parse(text)
	if err != nil {
		p.wrong(name, "%v", err)
	}
	return v
}

func (p *params) slice() wire.Slice {
	s := wire.Slice{Cursor: p.text("cursor"), Limit: wire.DefaultLimit}
	if n := read(p, "limit", number(1, wire.MaxLimit)); n > 0 {
		s.Limit = n
	}
	return s
}

func (p *params) period() wire.Period {
	period := wire.Period{Since: read(p, "since", moment), Until: read(p, "until", moment)}
	if !period.Since.IsZero() && !period.Until.IsZero() && !period.Since.Before(period.Until) {
		p.wrong("until", "not after since")
	}
	return period
}

// status reads "404", a class "4xx", or a range "400-499".
func (p *params) status() (from, to int) {
	r := read(p, "status", statusRange)
	return r[0], r[1]
}

func statusRange(s string) ([2]int, error) {
	if len(s) == 3 && strings.HasSuffix(s, "xx") && s[0] >= '1' && s[0] <= '5' {
		class := int(s[0]-'0') * 100
		return [2]int{class, class + 99}, nil
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from < 0 || to > 999 || from > to {
		return [2]int{}, fmt.Errorf("want a status such as 404, a class such as 4xx or a range such as 400-499")
	}
	return [2]int{from, to}, nil
}

func number(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("want a number from %d to %d", least, most)
		}
		return n, nil
	}
}

func moment(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return time.Time{}, fmt.Errorf("want a time as RFC 3339 writes it, such as 2026-03-01T12:00:00Z")
	}
	return t.UTC(), nil
}

func addressOrPrefix(s string) (netip.Prefix, error) {
	t, err := block.ParseTarget(s)
	if err != nil || !t.Plain() {
		return netip.Prefix{}, errors.New("want an address such as 192.0.2.7 or a prefix such as 192.0.2.0/24")
	}
	return t.Prefix(), nil
}

func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("want one of %s", strings.Join(words, ", "))
		}
		return s, nil
	}
}

func truth(s string) (*bool, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return nil, fmt.Errorf("want true or false")
	}
	return &b, nil
}

// parsed reads a value that knows its own names.
func parsed[T any, P interface {
	*T
	UnmarshalText([]byte) error
}](s string) (P, error) {
	v := P(new(T))
	if err := v.UnmarshalText([]byte(s)); err != nil {
		return nil, err
	}
	return v, nil
}

func segmentName(s string) (string, error) {
	if !block.ValidName(s) {
		return "", block.ErrName
	}
	return s, nil
}
