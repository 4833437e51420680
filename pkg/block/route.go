package block

import (
	"fmt"
	"strings"
)

// A route is a template of paths, with a method before it or without:
// "/orders/{id}" has one segment in place of {id}, "/admin/**" all paths that
// begin with /admin/ and /admin itself.
//
// It is compared with paths as Request has them: decoded, without empty, "."
// and ".." segments. A template that no such path can have is refused. Whether
// a slash at the end, and parameters of segments (;x), make another path of it,
// is for spelling to say: for a block they do not, for an exemption they do.

// cutMethod takes the method off a route.
func cutMethod(route string) (method, path string) {
	if strings.HasPrefix(route, "/") {
		return "", route
	}
	method, path, _ = strings.Cut(route, " ")
	return method, path
}

// canonicalRoute checks a route and writes names of parameters as {}.
func canonicalRoute(v string) (string, error) {
	method, path := cutMethod(v)
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return "", fmt.Errorf(`block on route %q: want a template such as "/orders/{id}", "POST /login" or "/admin/**"`, v)
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch {
		case strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}"):
			segments[i] = paramSegment
		case s == tailSegment && !last:
			return "", fmt.Errorf("block on route %q: ** stands at the end only", v)
		case s == "" && !last || s == "." || s == "..":
			return "", fmt.Errorf("block on route %q: no path has an empty segment, . or .. when it is compared", v)
		case hasEscape(s):
			return "", fmt.Errorf("block on route %q: write it decoded, as paths are compared", v)
		}
	}
	path = "/" + strings.Join(segments, "/")
	if method != "" {
		return method + " " + path, nil
	}
	return path, nil
}

// hasEscape tells whether a segment holds %XX.
func hasEscape(s string) bool {
	for {
		_, after, ok := strings.Cut(s, "%")
		if !ok {
			return false
		}
		if len(after) >= 2 && isHex(after[0]) && isHex(after[1]) {
			return true
		}
		s = after
	}
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// routeMatches tells whether a canonical route is that of a path, letter by
// letter. It does not allocate.
func routeMatches(route, method, path string) bool {
	wanted, template := cutMethod(route)
	if wanted != "" && wanted != method || path == "" || path[0] != '/' {
		return false
	}
	template, path = template[1:], path[1:]
	for {
		want, restWant, moreWant := strings.Cut(template, "/")
		if want == tailSegment {
			return true
		}
		got, restGot, moreGot := strings.Cut(path, "/")
		if want != got && (want != paramSegment || got == "") {
			return false
		}
		if !moreWant || !moreGot {
			return moreWant == moreGot || restWant == tailSegment
		}
		template, path = restWant, restGot
	}
}
