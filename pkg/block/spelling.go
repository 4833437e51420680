package block

import (
	"bytes"
	"strings"
)

// spelling is a request's path, and what a backend may make of it.
//
// Backends do not agree on what is one path: most serve the same for /login
// and /login/, and Java's servlet containers for /login;x, from every segment
// of which they take the parameters before they resolve dots. What is blocked
// may not be had by writing it otherwise, and what is exempt should not be
// more than was asked for. So a block is on what its route matches with or
// without parameters, whatever slash stands at the end of the two, and an
// exemption on what its route matches letter by letter.
type spelling struct {
	path  string // as the request has it
	short string // without a slash at the end
	// bare is short without the parameters of its segments (;x), dots that
	// come out of that resolved, up to a NUL.
	bare string
	// hides tells that the path is elsewhere than it says where parameters are
	// taken off: it has a segment like "..;x", or a NUL. No exemption holds.
	hides bool
}

// spell reads a path. It allocates only where the path has parameters.
func spell(path string) spelling {
	short := trimSlash(path)
	s := spelling{path: path, short: short, bare: short}
	if strings.IndexByte(path, ';') < 0 && strings.IndexByte(path, 0) < 0 {
		return s
	}
	s.strip()
	return s
}

// strip makes bare of a path that has parameters or a NUL.
func (s *spelling) strip() {
	if s.path[0] != '/' {
		return
	}
	rest, _, hides := strings.Cut(s.path, "\x00")
	s.hides = hides
	bare := make([]byte, 0, len(rest))
	for segment := range strings.SplitSeq(rest[1:], "/") {
		name, _, params := strings.Cut(segment, ";")
		switch name {
		case "", ".":
		case "..":
			bare = bare[:max(0, bytes.LastIndexByte(bare, '/'))]
		default:
			bare, params = append(append(bare, '/'), name...), false
		}
		s.hides = s.hides || params
	}
	if s.bare = string(bare); s.bare == "" {
		s.bare = "/"
	}
}

// blocked tells whether a block on a canonical route is on the path. It does
// not allocate.
func (s *spelling) blocked(route, method string) bool {
	route = trimSlash(route)
	return routeMatches(route, method, s.short) || s.bare != s.short && routeMatches(route, method, s.bare)
}

// exempt tells whether an exemption on a canonical route is on the path.
func (s *spelling) exempt(route, method string) bool {
	return !s.hides && routeMatches(route, method, s.path)
}

// trimSlash takes the slashes off the end of a path, or of a route, that is
// not "/".
func trimSlash(path string) string {
	for n := len(path) - 1; n > 0 && path[n] == '/' && path[n-1] != ' '; n-- {
		path = path[:n]
	}
	return path
}
