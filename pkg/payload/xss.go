package payload

import (
	"bytes"

	"github.com/corazawaf/libinjection-go"
)

// xss finds markup and script. Without a tag libinjection's word counts only
// when there is something to run, since "style=…" and "onload=…" are words too.
func xss(t *text) bool {
	if t.has("+adw-", "\u00bcscript\u00be") || activeMarkup(t) || leavesAttribute(t.low) || scriptURL(t) || scriptBreakout(t) {
		return true
	}
	runs := t.signs&paren != 0 && t.signs&(equals|strange) != 0 || t.has("`", "&#", "&colon")
	if t.signs&strange == 0 && !runs {
		return false
	}
	if !runs && !t.has("<") || isXML(t) {
		return false
	}
	return libinjection.IsXSS(borrow(t.raw[:min(len(t.raw), maxSQL)]))
}

// isXML tells whether a text is a document of XML, as the filters of maps are:
// libinjection takes its first line and the names of its vocabularies for an
// attack.
func isXML(t *text) bool {
	return t.starts("<?xml ") || t.starts("<") && t.has(" xmlns=\"http", " xmlns='http", " xmlns=\"urn", " xmlns='urn")
}

// leavesAttribute tells whether v ends the tag that it is put into, "> and goes
// on with another one. A document begins with a tag.
func leavesAttribute(v []byte) bool {
	n := index(v, "<")
	if n < 2 || n+1 >= len(v) || !isLetter(v[n+1]) {
		return false
	}
	before := bytes.TrimRight(v[:n], " ")
	before, closed := bytes.CutSuffix(before, []byte(">"))
	before = bytes.TrimRight(before, " /")
	return closed && len(before) > 0 && (before[len(before)-1] == '"' || before[len(before)-1] == '\'')
}

// activeMarkup finds a tag that runs or loads something: by its name, or by an
// attribute.
func activeMarkup(t *text) bool {
	for v := t.low; ; {
		n := index(v, "<")
		if n < 0 {
			return false
		}
		v = v[n+1:]
		name := leading(skip(v, func(c byte) bool { return c == '/' || c == '!' || c == '?' || c == '%' }), isTagName)
		if activeTag(string(name)) || len(name) > 0 && isLetter(name[0]) && activeAttribute(v[len(name):]) {
			return true
		}
	}
}

func isTagName(c byte) bool { return isWord(c) || c == ':' || c == '-' }

func activeTag(name string) bool {
	switch name {
	case "script", "iframe", "svg", "object", "embed", "applet", "base", "frameset", "frame", "marquee", "isindex",
		"math", "noscript", "xss", "body", "template", "foreignobject", "import", "--#exec", "bgsound", "layer", "ilayer":
		return true
	}
	return false
}

// activeAttribute looks for an attribute that loads or runs something before
// the tag ends.
func activeAttribute(v []byte) bool {
	end := index(v, ">")
	if end < 0 {
		end = len(v)
	}
	// The > may stand inside a quoted value: one attribute more is looked at.
	v = v[:min(len(v), end+64)]
	for _, name := range [...]string{"src", "href", "style", "srcdoc", "data", "action", "formaction", "background", "poster", "datasrc", "dynsrc", "lowsrc", "code", "folder", "http-equiv"} {
		if n := wordIndex(v[:min(len(v), end)], name); n >= 0 && assigns(v[n+len(name):]) {
			return true
		}
	}
	return handler(v)
}

func assigns(v []byte) bool {
	v = skip(v, isSpace)
	return len(v) > 1 && v[0] == '='
}

// handler finds on…= with something behind it.
func handler(v []byte) bool {
	for from := 0; ; {
		n := index(v[from:], "on")
		if n < 0 {
			return false
		}
		i := from + n
		from = i + 2
		name := leading(v[from:], isLetter)
		rest := skip(v[from+len(name):], isJunk)
		if len(name) < 3 || i > 0 && isWord(v[i-1]) || len(rest) == 0 || rest[0] != '=' {
			continue
		}
		if anything(rest[1:]) {
			return true
		}
	}
}

// isJunk tells whether browsers of some age skip c between a handler's name and
// its =.
func isJunk(c byte) bool { return !isWord(c) && c != '=' && c != '>' && c != '"' && c != '\'' }

// scriptURL finds javascript: and its like, whatever white space lies in it,
// where a URL begins.
func scriptURL(t *text) bool {
	if t.signs&colon == 0 {
		return false
	}
	for _, scheme := range [...]string{"javascript:", "vbscript:", "livescript:", "mocha:", "data:text/html", "data:image/svg+xml", "data:application/xhtml"} {
		for from := 0; from < len(t.low); {
			n := index(t.low[from:], scheme[:1])
			if n < 0 {
				break
			}
			from += n
			end := looseEnd(t.low, from, scheme)
			if end > 0 && beginsURL(t.low, from) && end < len(t.low) && !isSpace(t.low[end]) {
				return true
			}
			from++
		}
	}
	return false
}

// looseEnd is the end of word in v from i on, or 0, white space inside not
// counted.
func looseEnd(v []byte, i int, word string) int {
	for k := 0; k < len(word); {
		switch {
		case i == len(v):
			return 0
		case v[i] == word[k]:
			k++
		case k == 0 || v[i] > ' ':
			return 0
		}
		i++
	}
	return i
}

// beginsURL tells whether a URL may begin at v[i].
func beginsURL(v []byte, i int) bool {
	for i > 0 && v[i-1] <= ' ' {
		i--
	}
	if i == 0 {
		return true
	}
	switch v[i-1] {
	case '=', '\'', '"', '`', '(', ',', ';', '>', '/', ':', '\\':
		return true
	}
	return false
}

// scriptBreakout finds a call of a script's usual victims behind a quote, a tag
// or a statement's end, or as all there is.
func scriptBreakout(t *text) bool {
	if t.signs&(paren|dot|strange) == 0 {
		return false
	}
	breaks := t.has("'", "\"", "`", "<", ">", "}", ";//", ")//")
	alone := t.signs&space == 0 && t.starts("alert(", "confirm(", "prompt(", "eval(")
	for _, call := range [...]string{"alert", "confirm", "prompt", "eval", "string.fromcharcode", "document.write", "settimeout", "setinterval", "atob", "import"} {
		if n := t.wordIndex(call); n >= 0 && callsWith(t.low[n+len(call):]) && (breaks && breaksBefore(t.low[:n]) || alone) {
			return true
		}
	}
	if !breaks && !t.has("&{") {
		return false
	}
	return t.has("document.cookie", "document.domain", "document.location", "window.location=", "location.href=", "self['alert']", "top[", "window[", "innerhtml", "constructor._(", "-moz-binding", "onfilterchange")
}

// callsWith tells whether v goes on with a call that has an argument.
func callsWith(v []byte) bool {
	v = skip(v, isSpace)
	return len(v) > 1 && (v[0] == '(' && v[1] != ')' || v[0] == '`')
}

// breaksBefore tells whether something was left before a call: it is not the
// first thing in the value, or the value begins with it.
func breaksBefore(v []byte) bool {
	for len(v) > 0 && isSpace(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return len(v) == 0 || !isWord(v[len(v)-1]) && v[len(v)-1] != '.' && v[len(v)-1] != ','
}
