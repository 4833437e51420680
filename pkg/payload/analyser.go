package payload

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/payload/unfold"
)

// Analyser finds kinds of attack. It holds room for decoded forms, and is for
// one goroutine at a time. The zero value is ready. What it returns depends on
// the value alone.
type Analyser struct {
	unfolder unfold.Unfolder
	whole    text   // the form that is looked at
	part     text   // a part of it: a segment, a string
	leaf     []byte // what a string of JSON reads as
}

// maxValue is the length to which a value is looked at.
const maxValue = unfold.MaxBytes

// finder is the analyser of a kind: find looks at a text that has any of the
// signs in need; 0 is for those that need none.
type finder struct {
	kind Kinds
	need signs
	find func(*text) bool
}

var finders = [...]finder{
	{SQLi, strange | space | semicolon | dash | paren | equals | at, sqli},
	{XSS, strange | paren | equals | colon, xss},
	{Traversal, dot | slash | colon | strange, traversal},
	{Command, strange | semicolon | ampersand | space | slash | dot | paren | under, command},
	{Template, strange, template},
	{Expression, strange | paren | dot, expression},
	{JNDI, strange, jndi},
	{SSRF, slash | colon | dot, ssrf},
	{LDAP, paren, ldap},
	{NoSQL, strange, nosql},
	{XPath, slash | paren | colon, xpath},
	{Deserialisation, 0, deserialisation},
	{FileInclusion, colon, fileInclusion},
	{XXE, strange, xxe},
	{CRLF, strange, crlf},
	{Prototype, under | bracket | dot | strange, prototype},
}

// Value looks at one plain value.
func (a *Analyser) Value(v []byte) Kinds { return a.value(nil, v, inValue) }

// value looks at the value of a parameter and at what it unfolds to.
func (a *Analyser) value(name, v []byte, p place) Kinds {
	v = v[:min(len(v), maxValue)]
	m := signsOf(v)
	if !suspicious(v, m, p) {
		return 0
	}
	return a.forms(name, v, a.unfolder.Forms(v), p)
}

// forms looks at v and its forms. A percent or a + says nothing until it is
// decoded, so that v is left out when they made the first form.
func (a *Analyser) forms(name, v []byte, forms [][]byte, p place) (k Kinds) {
	if len(forms) == 0 || bytes.IndexByte(v, '%') < 0 {
		k = a.form(name, v, p)
	}
	for _, f := range forms {
		k |= a.form(name, f, p)
	}
	return k
}

// form looks at one form of a value. Headers are full of signs in their usual
// places; a form that has no others is not looked at.
func (a *Analyser) form(name, v []byte, p place) Kinds {
	if p == inHeader && !suspicious(v, signsOf(v), p) {
		return 0
	}
	a.whole.reset(name, v, p)
	if isJSON(v) {
		return a.json()
	}
	return a.whole.kinds(allKinds)
}

// kinds asks the analysers of the kinds in want.
func (t *text) kinds(want Kinds) (k Kinds) {
	for i := range finders {
		f := &finders[i]
		if want&f.kind != 0 && (f.need == 0 || t.signs&f.need != 0) && f.find(t) {
			k |= f.kind
		}
	}
	return k
}

// Query looks at a raw query, without its question mark: at each parameter's
// name and value.
func (a *Analyser) Query(raw []byte) (k Kinds) {
	raw = raw[:min(len(raw), maxValue)]
	for len(raw) > 0 {
		end := separator(raw)
		k |= a.parameter(raw[:end])
		raw = raw[min(len(raw), end+1):]
	}
	return k
}

// separator is the end of the first parameter: an & that no other follows, for
// && is an operator.
func separator(v []byte) int {
	for i := 0; i < len(v); i++ {
		if v[i] != '&' {
			continue
		}
		if i+1 < len(v) && v[i+1] == '&' {
			i++
			continue
		}
		return i
	}
	return len(v)
}

// parameter looks at name=value, or at what has no =.
func (a *Analyser) parameter(v []byte) Kinds {
	n := bytes.IndexByte(v, '=')
	if n < 0 {
		return a.field(nil, v)
	}
	name := v[:n]
	return a.field(nil, name) | a.field(name, v[n+1:])
}

// field looks at a name or a value of a query.
func (a *Analyser) field(name, v []byte) Kinds {
	if len(v) == 0 {
		return 0
	}
	m := signsOf(v)
	if m&plus != 0 {
		if !suspiciousForm(v) {
			return 0
		}
	} else if !suspicious(v, m, inValue) {
		return 0
	}
	return a.forms(name, v, a.unfolder.QueryForms(v), inValue)
}

// Path looks at a raw path: at all of it, and for SQL, which needs to see where
// a value begins, at each segment.
func (a *Analyser) Path(raw []byte) (k Kinds) {
	raw = raw[:min(len(raw), maxValue)]
	if !suspicious(raw, signsOf(raw), inPath) {
		return 0
	}
	forms := a.unfolder.Forms(raw)
	if len(forms) == 0 || bytes.IndexByte(raw, '%') < 0 {
		k = a.path(raw)
	}
	for _, f := range forms {
		k |= a.path(f)
	}
	return k
}

func (a *Analyser) path(v []byte) Kinds {
	a.whole.reset(nil, v, inPath)
	k := a.whole.kinds(allKinds &^ SQLi)
	for from := 0; from < len(v); {
		end := from + bytes.IndexByte(v[from:], '/')
		if end < from {
			end = len(v)
		}
		if segment := v[from:end]; suspicious(segment, signsOf(segment), inPath) {
			a.part.reset(nil, segment, inPath)
			k |= a.part.kinds(SQLi)
		}
		from = end + 1
	}
	return k
}

// Header looks at the text of a header: of a URL at its path and query, of
// anything else at the whole.
func (a *Analyser) Header(raw []byte) Kinds {
	raw = raw[:min(len(raw), maxValue)]
	path, query, ok := splitURL(raw)
	if !ok {
		return a.value(nil, raw, inHeader)
	}
	return a.Path(path) | a.Query(query)
}

// splitURL cuts an http URL into path and query.
func splitURL(v []byte) (path, query []byte, ok bool) {
	rest, found := bytes.CutPrefix(v, []byte("http"))
	if !found {
		return nil, nil, false
	}
	rest, found = bytes.CutPrefix(bytes.TrimPrefix(rest, []byte("s")), []byte("://"))
	if !found {
		return nil, nil, false
	}
	path, query, _ = bytes.Cut(rest, []byte("?"))
	if n := bytes.IndexByte(path, '/'); n >= 0 {
		return path[n:], query, true
	}
	return path, query, true
}
