package identify

import (
	"encoding/base64"
	"fmt"
	"net/textproto"
	"net/url"
	"strings"
)

// place is where a value may stand.
type place struct {
	kind kind
	name string // of a header, in canonical form, of a cookie, or of a query key
}

type kind string

const (
	inHeader        kind = "header"
	inCookie        kind = "cookie"
	inCookies       kind = "cookies"
	inQuery         kind = "query"
	inBearer        kind = "bearer"
	inBasic         kind = "basic"
	inAuthorization kind = "authorization"
)

const (
	authorizationHeader = "Authorization"
	cookieHeader        = "Cookie"
)

// CheckPlace tells what is wrong with the text of a place.
func CheckPlace(text string) error {
	_, err := parsePlace(text)
	return err
}

func parsePlace(text string) (place, error) {
	k, name, named := strings.Cut(text, ":")
	p := place{kind(k), name}
	switch p.kind {
	case inCookies, inBearer, inBasic, inAuthorization:
		if !named {
			return p, nil
		}
	case inHeader:
		p.name = textproto.CanonicalMIMEHeaderKey(name)
		if isToken(name) {
			return p, nil
		}
	case inCookie, inQuery:
		if name != "" && !strings.ContainsAny(name, " ;,=&") {
			return p, nil
		}
	}
	return place{}, fmt.Errorf("place %q: want header:NAME, cookie:NAME, query:NAME, cookies, bearer, basic or authorization", text)
}

func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// trusted tells whether whoever configured the place vouches for what stands
// there. The name of Basic is the client's own word until somebody has checked
// the password.
func (p *place) trusted() bool { return p.kind == inHeader }

// header is the header in which the place is; none for one in the query.
func (p *place) header() string {
	switch p.kind {
	case inHeader:
		return p.name
	case inCookie, inCookies:
		return cookieHeader
	case inBearer, inBasic, inAuthorization:
		return authorizationHeader
	default:
		return ""
	}
}

func (p *place) inHeaders(header func(name string) string) string {
	name := p.header()
	if name == "" {
		return ""
	}
	v := header(name)
	if v == "" {
		return ""
	}
	switch p.kind {
	case inCookie:
		return cookie(v, func(name string) bool { return name == p.name })
	case inCookies:
		return cookie(v, isSession)
	case inBearer, inBasic, inAuthorization:
		return authorization(v, p.kind)
	default:
		return strings.TrimSpace(v)
	}
}

// authorization gives what stands in the header if it is of a kind. Many
// applications take a tab for the space.
func authorization(v string, want kind) string {
	scheme, value, ok := v, "", false
	if i := strings.IndexAny(v, " \t"); i >= 0 {
		scheme, value, ok = v[:i], v[i+1:], true
	}
	value = strings.TrimSpace(value)
	switch {
	case !ok && want == inAuthorization:
		return v
	case !ok:
		return ""
	case strings.EqualFold(scheme, "bearer"):
		return only(want == inBearer, value)
	case strings.EqualFold(scheme, "basic"):
		return only(want == inBasic, basicName(value))
	default:
		return only(want == inAuthorization, value)
	}
}

func only(wanted bool, v string) string {
	if wanted {
		return v
	}
	return ""
}

// basicName decodes either alphabet, padded or not, as some applications do.
func basicName(v string) string {
	v = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(v, "="))
	raw, err := base64.RawStdEncoding.DecodeString(v)
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(string(raw), ":")
	return name
}

// cookie gives the value of the first cookie with a name that is wanted and a
// value.
func cookie(v string, wanted func(name string) bool) string {
	for more := true; more; {
		var pair string
		pair, v, more = strings.Cut(v, ";")
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if value = strings.Trim(value, `"`); ok && value != "" && wanted(name) {
			return value
		}
	}
	return ""
}

// isSession tells whether a cookie's name says that it holds a session.
func isSession(name string) bool {
	for i := 0; i+4 <= len(name); i++ {
		if strings.EqualFold(name[i:i+4], "sess") {
			return true
		}
	}
	n := len(name)
	if n < 3 || !strings.EqualFold(name[n-3:], "sid") {
		return false
	}
	return n == 3 || name[n-4] == '_' || name[n-4] == '.'
}

func (p *place) inQuery(query string) string {
	if p.kind != inQuery {
		return ""
	}
	for more := true; more; {
		var pair string
		pair, query, more = strings.Cut(query, "&")
		key, value, ok := strings.Cut(pair, "=")
		if !ok || unescaped(key) != p.name {
			continue
		}
		if v := unescaped(value); v != "" {
			return v
		}
	}
	return ""
}

// unescaped decodes a part of a query; what cannot be decoded stays.
func unescaped(s string) string {
	if v, err := url.QueryUnescape(s); err == nil {
		return v
	}
	return s
}
