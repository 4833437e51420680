package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// spec reads the paths of a document.
func (l *loading) spec(doc *openapi3.T) *Spec {
	s := &Spec{Title: nameOf(l.file)}
	if doc.Info != nil && apiName(doc.Info.Title) != "" {
		s.Title = doc.Info.Title
	}
	s.API = apiName(s.Title)
	bases := l.bases(doc.Servers, "servers")
	paths := doc.Paths.Map()
	if len(paths) == 0 {
		l.fail(l.tokenAt("paths"), "a route is a key below paths:", "the document has no paths")
	}
	seen := map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if !l.usable(path, seen) {
			continue
		}
		item := cmp.Or(paths[path], &openapi3.PathItem{})
		here := bases
		if len(item.Servers) > 0 {
			here = l.bases(item.Servers, "paths", path, "servers")
		}
		for _, b := range here {
			s.Endpoints = append(s.Endpoints, Endpoint{Hosts: b.hosts, Template: b.path + path, Operations: operations(item)})
		}
	}
	return s
}

// usable tells whether a path is one, and not that of another key.
func (l *loading) usable(path string, seen map[string]string) bool {
	at := l.tokenAt("paths", path)
	switch {
	case !strings.HasPrefix(path, "/"):
		l.fail(at, `write "/`+path+`"`, "the path %q does not begin with a slash", path)
		return false
	case !balanced(path):
		l.fail(at, `write parameters as "{name}", within one segment`, "the path %q has braces that do not fit", path)
		return false
	}
	same := canonical(path)
	if first, ok := seen[same]; ok {
		l.fail(at, "OpenAPI wants one key for both", "the path %q is the same as %q but for names", path, first)
		return false
	}
	seen[same] = path
	return true
}

// balanced tells that braces come in pairs around a name within a segment.
func balanced(path string) bool {
	open := -1
	for i, c := range []byte(path) {
		switch {
		case c == '{' && open < 0:
			open = i
		case c == '}' && open >= 0 && i > open+1:
			open = -1
		case c == '{', c == '}', c == '/' && open >= 0:
			return false
		}
	}
	return open < 0
}

func operations(item *openapi3.PathItem) []Operation {
	var list []Operation
	all := item.Operations()
	for _, method := range slices.Sorted(maps.Keys(all)) {
		list = append(list, Operation{Method: method, ID: all[method].OperationID, Tags: all[method].Tags})
	}
	return list
}

// base is where a document's paths begin.
type base struct {
	hosts []string
	path  string // without a slash at its end
}

// bases reads servers; servers with one base path make one base.
func (l *loading) bases(servers openapi3.Servers, at ...string) []base {
	hosts, anyHost := map[string][]string{}, map[string]bool{}
	servers = slices.DeleteFunc(servers, func(s *openapi3.Server) bool { return s == nil })
	for _, server := range servers {
		for _, url := range expand(server.URL, server.Variables) {
			host, path := splitServer(url)
			if !balanced(path) || !balanced(host) {
				l.fail(l.tokenAt(at...), `write variables as "{name}"`, "the server %q has braces that do not fit", server.URL)
				continue
			}
			hosts[path] = append(hosts[path], host)
			anyHost[path] = anyHost[path] || host == ""
		}
	}
	if len(servers) == 0 {
		return []base{{}}
	}
	var list []base
	for _, path := range slices.Sorted(maps.Keys(hosts)) {
		b := base{path: path}
		if !anyHost[path] {
			slices.Sort(hosts[path])
			b.hosts = slices.Compact(hosts[path])
		}
		list = append(list, b)
	}
	return list
}

// maxExpanded bounds the addresses that the variables of a server give.
const maxExpanded = 64

// expand puts in the values of variables that list them. Others stay: any
// text can stand there.
func expand(url string, variables map[string]*openapi3.ServerVariable) []string {
	urls := []string{url}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		v := variables[name]
		if v == nil || len(v.Enum) == 0 || len(urls)*len(v.Enum) > maxExpanded {
			continue
		}
		var next []string
		for _, u := range urls {
			for _, value := range v.Enum {
				next = append(next, strings.ReplaceAll(u, "{"+name+"}", value))
			}
		}
		slices.Sort(next)
		urls = slices.Compact(next)
	}
	return urls
}

// splitServer gives host and base path of a server's address, the host empty
// for every host.
func splitServer(url string) (host, path string) {
	url, _, _ = strings.Cut(url, "?")
	if _, after, ok := strings.Cut(url, "://"); ok {
		host, path, _ = strings.Cut(after, "/")
	} else {
		path = strings.TrimPrefix(url, "/")
	}
	if path = strings.Trim(path, "/"); path != "" {
		path = "/" + path
	}
	return serverHost(host), path
}

func serverHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasPrefix(host, "127.") || host == "[::1]" || host == "0.0.0.0" {
		return ""
	}
	return host
}
