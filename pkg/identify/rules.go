package identify

import (
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Options list the places of each identity, the first that has a value wins.
// A place is
//
//	header:NAME    the value of a header
//	cookie:NAME    the value of a cookie
//	cookies        the first cookie whose name says that it holds a session:
//	               "sess" anywhere, "sid", or ending in "_sid" or ".sid"
//	query:NAME     the decoded value of a key of the query
//	bearer         the token of "Authorization: Bearer"
//	basic          the name of "Authorization: Basic"
//	authorization  what stands in Authorization after any other scheme, or alone
//
// A header that names a user, an application, a fingerprint or an api must be
// set by the gateway, or by a proxy that it trusts, on every request: what a
// client can set, it sets.
type Options struct {
	User        []string
	Application []string
	Key         []string
	Token       []string
	Session     []string
	Fingerprint []string
	API         []string
}

// Defaults are the places that access logs know.
func Defaults() Options {
	return Options{
		User:    []string{"basic"},
		Key:     []string{"header:X-Api-Key", "header:Api-Key", "header:Apikey", "authorization"},
		Token:   []string{"bearer"},
		Session: []string{"cookies"},
	}
}

// Rules say where to look. They are immutable and safe for concurrent use; nil
// ones know nobody.
type Rules struct {
	user, application, key, token, session, fingerprint, api []place
}

// New makes rules. The error names the place that cannot be read.
func New(o Options) (*Rules, error) {
	r := new(Rules)
	for _, list := range []struct {
		name  string
		texts []string
		into  *[]place
	}{
		{"user", o.User, &r.user}, {"application", o.Application, &r.application}, {"key", o.Key, &r.key},
		{"token", o.Token, &r.token}, {"session", o.Session, &r.session},
		{"fingerprint", o.Fingerprint, &r.fingerprint}, {"api", o.API, &r.api},
	} {
		for _, text := range list.texts {
			p, err := parsePlace(text)
			if err != nil {
				return nil, fmt.Errorf("identify %s: %w", list.name, err)
			}
			*list.into = append(*list.into, p)
		}
	}
	return r, nil
}

// Fill tells who is behind a request by its headers: header gives the value of
// one by its canonical name, "" where there is none. What is known already
// stays.
func (r *Rules) Fill(q *block.Request, header func(name string) string) {
	r.fill(q, func(p *place) string { return p.inHeaders(header) })
}

// FillQuery tells who is behind a request by its query, as it came and without
// the question mark. What is known already stays.
func (r *Rules) FillQuery(q *block.Request, query string) {
	if query != "" {
		r.fill(q, func(p *place) string { return p.inQuery(query) })
	}
}

func (r *Rules) fill(q *block.Request, value func(p *place) string) {
	if r == nil {
		return
	}
	if q.User == "" {
		if v, p := find(r.user, value); v != "" {
			q.User, q.Claimed = v, !p.trusted()
		}
	}
	fillOne(&q.Application, r.application, value)
	fillOne(&q.Key, r.key, value)
	fillOne(&q.Token, r.token, value)
	fillOne(&q.Session, r.session, value)
	fillOne(&q.Fingerprint, r.fingerprint, value)
	fillOne(&q.API, r.api, value)
}

func fillOne(into *string, places []place, value func(p *place) string) {
	if *into == "" {
		*into, _ = find(places, value)
	}
}

func find(places []place, value func(p *place) string) (string, *place) {
	for i := range places {
		if v := value(&places[i]); v != "" {
			return v, &places[i]
		}
	}
	return "", nil
}

// Headers lists the headers that Fill asks for, in alphabetic order: what a
// gateway that passes on named headers only has to pass on.
func (r *Rules) Headers() []string {
	var names []string
	if r == nil {
		return nil
	}
	for _, places := range [][]place{r.user, r.application, r.key, r.token, r.session, r.fingerprint, r.api} {
		for i := range places {
			if name := places[i].header(); name != "" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
