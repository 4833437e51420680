package decoy

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// decoy reads one entry of the list.
func (r *reading) decoy(node ast.Node, answers map[string]Response) (Decoy, bool) {
	before := len(r.problems.problems)
	f := r.fields(node, "a decoy", "id", "title", "context", "hosts", "methods", "path", "paths",
		"case_sensitive", "tier", "mode", "block", "response")
	if f == nil {
		return Decoy{}, false
	}
	d := Decoy{Context: Out, Lifetime: DefaultLifetime, Response: Response{Status: 404}}
	r.id(&d, f["id"], node)
	if !value(r, f["title"], &d.Title, "a few words for people") || d.Title == "" {
		d.Title = d.ID
	}
	r.context(&d, f["context"])
	r.tier(&d, f["tier"])
	r.mode(&d, f["mode"])
	r.hosts(&d, f["hosts"])
	r.methods(&d, f["methods"])
	r.paths(&d, f["path"], f["paths"], node)
	value(r, f["case_sensitive"], &d.CaseSensitive, "true or false")
	r.lifetime(&d, f["block"])
	if f["response"] != nil {
		d.Response = r.response(f["response"], answers)
	}
	return d, len(r.problems.problems) == before
}

func (r *reading) id(d *Decoy, node, entry ast.Node) {
	value(r, node, &d.ID, "")
	at := tokenOf(node, entry)
	if !block.ValidName(d.ID) {
		r.fail(at, "such as env-file", "decoy id %q: %s", d.ID, block.ErrName)
		return
	}
	if d.ID == "unlisted" {
		r.fail(at, "choose another id", "decoy id %q is taken for touches of paths that no catalogue lists", d.ID)
	}
	if other, taken := r.ids[d.ID]; taken {
		r.fail(at, "ids are kept in findings, so each needs its own", "decoy id %q is used already, at %s", d.ID, other)
	}
	r.ids[d.ID] = fmt.Sprintf("%s:%d", r.file, at.Position.Line)
}

func (r *reading) context(d *Decoy, node ast.Node) {
	var s string
	if value(r, node, &s, "out or in") {
		d.Context = Context(s)
	}
	if d.Context != Out && d.Context != In {
		r.fail(tokenOf(node, nil), `"out" for a path that has nothing to do with the host, "in" for one that looks like part of its API`,
			"context %q: want out or in", s)
	}
}

func (r *reading) tier(d *Decoy, node ast.Node) {
	d.Tier = finding.Log
	if d.Context == In {
		d.Tier = finding.Notify
	}
	var s string
	if !value(r, node, &s, "log, notify or page") {
		return
	}
	var err error
	if d.Tier, err = finding.ParseTier(s); err != nil {
		r.fail(node.GetToken(), "leave it out for the usual tier of the context", "%s", err)
	}
}

func (r *reading) mode(d *Decoy, node ast.Node) {
	var s string
	if value(r, node, &s, "enforce or shadow") {
		if err := d.Mode.UnmarshalText([]byte(s)); err != nil || d.Mode == block.Canary {
			r.fail(node.GetToken(), "shadow records what would have been blocked", "mode %q: want enforce or shadow", s)
		}
	}
}

func (r *reading) hosts(d *Decoy, node ast.Node) {
	value(r, node, &d.Hosts, "a list such as [api.example.com]")
	for i, h := range d.Hosts {
		d.Hosts[i] = NormalHost(h)
		name := strings.TrimPrefix(d.Hosts[i], "*.")
		if name == "" || strings.ContainsAny(name, "*/ ") || strings.HasPrefix(h, "*") && !strings.HasPrefix(h, "*.") {
			r.fail(node.GetToken(), `a name such as api.example.com, or *.example.com for all names below; leave hosts out for any`, "host %q cannot match", h)
		}
	}
}

func (r *reading) methods(d *Decoy, node ast.Node) {
	value(r, node, &d.Methods, "a list such as [GET, POST]")
	for _, m := range d.Methods {
		if m == "" || m != strings.ToUpper(m) || strings.ContainsAny(m, " /") {
			r.fail(node.GetToken(), "methods are compared as they are: GET, not get; leave methods out for any", "method %q cannot match", m)
		}
	}
}

func (r *reading) paths(d *Decoy, one, many, entry ast.Node) {
	var path string
	if value(r, one, &path, "one path in quotes") {
		d.Paths = append(d.Paths, path)
	}
	if value(r, many, &d.Paths, "a list of paths") && len(d.Paths) == 0 {
		r.fail(tokenOf(many, entry), "such as [/.env]", "decoy %q has no path", d.ID)
	}
	if one != nil && many != nil {
		r.fail(one.GetToken(), "put all of them under paths", "a decoy has path or paths, not both")
	}
	if len(d.Paths) == 0 && one == nil && many == nil {
		r.fail(tokenOf(entry, nil), `such as path: /.env`, "decoy %q has no path", d.ID)
	}
	for _, p := range d.Paths {
		r.path(p, tokenOfEither(one, many), d.ID)
	}
}

func tokenOfEither(one, many ast.Node) ast.Node {
	if many != nil {
		return many
	}
	return one
}

func (r *reading) path(p string, node ast.Node, id string) {
	at := tokenOf(node, nil)
	stem := strings.TrimSuffix(p, "*") // "/internal/*" matches what begins with "/internal/"
	if stem != p && !strings.HasSuffix(stem, "/") {
		stem = p
	}
	switch {
	case !strings.HasPrefix(p, "/"):
		r.fail(at, "paths begin with a slash", "decoy %q: path %q cannot match", id, p)
	case len(p) > finding.MaxPath:
		r.fail(at, "", "decoy %q: a path of %d bytes is longer than %d", id, len(p), finding.MaxPath)
	case strings.ContainsAny(p, "?#"):
		r.fail(at, "the query is not part of the path: leave it out", "decoy %q: path %q cannot match", id, p)
	case strings.Contains(stem, "*"):
		r.fail(at, `an asterisk stands at the end only, as in /internal/*`, "decoy %q: path %q cannot match", id, p)
	case string(AppendClean(nil, []byte(stem))) != stem:
		r.fail(at, fmt.Sprintf("write %q: paths are compared after decoding and resolving", AppendClean(nil, []byte(stem))),
			"decoy %q: path %q cannot match", id, p)
	case p == "/":
		r.fail(at, "every client asks for it; use /* for a host that is nothing but a decoy, together with hosts", "decoy %q: path %q is no decoy", id, p)
	}
}

func (r *reading) lifetime(d *Decoy, node ast.Node) {
	if node == nil {
		return
	}
	f := r.fields(node, "block", "lifetime")
	if f["lifetime"] == nil {
		return
	}
	if !r.duration(&d.Lifetime, f["lifetime"]) {
		return
	}
	if d.Lifetime < time.Second || d.Lifetime > MaxLifetime {
		r.fail(f["lifetime"].GetToken(), "from 1s to 720h", "a block of %s is out of bounds", d.Lifetime)
	}
}

func (r *reading) duration(d *time.Duration, node ast.Node) bool {
	var s string
	if !value(r, node, &s, "such as 4h") {
		return false
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		r.fail(node.GetToken(), "such as 4h, 30m or 200ms", "duration %q cannot be read", s)
		return false
	}
	*d = parsed
	return true
}
