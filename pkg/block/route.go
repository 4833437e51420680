package block

import (
	"fmt"
	"strings"
)

// A route is a template of paths, with a method before it or without:
// "/orders/{id}" has one segment in place of {id}, "/admin/**" all paths that
// begin with /admin/ and /admin itself.

// canonicalRoute checks a route and writes names of parameters as {}.
func canonicalRoute(v string) (string, error) {
	method, path, ok := strings.Cut(v, " ")
	if !ok {
		method, path = "", v
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?# ") || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return "", fmt.Errorf(`block on route %q: want a template such as "/orders/{id}", "POST /login" or "/admin/**"`, v)
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		switch {
		case strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}"):
			segments[i] = "{}"
		case s == "**" && i < len(segments)-1:
			return "", fmt.Errorf("block on route %q: ** stands at the end only", v)
		}
	}
	path = "/" + strings.Join(segments, "/")
	if method != "" {
		return method + " " + path, nil
	}
	return path, nil
}

// routeMatches tells whether a canonical route is that of a request. It does
// not allocate.
func routeMatches(route, method, path string) bool {
	if m, rest, ok := strings.Cut(route, " "); ok {
		if m != method {
			return false
		}
		route = rest
	}
	for {
		want, restWant, moreWant := strings.Cut(route[1:], "/")
		if want == "**" {
			return true
		}
		if path == "" || path[0] != '/' {
			return false
		}
		got, restGot, moreGot := strings.Cut(path[1:], "/")
		if want != got && (want != "{}" || got == "") {
			return false
		}
		if !moreWant || !moreGot {
			return moreWant == moreGot || !moreGot && restWant == "**"
		}
		route, path = route[len(route)-len(restWant)-1:], path[len(path)-len(restGot)-1:]
	}
}
