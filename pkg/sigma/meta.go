package sigma

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Limits of the specification.
const (
	maxTitle       = 256
	maxDescription = 65_535
)

var (
	levelNames    = []string{Informational: "informational", Low: "low", Medium: "medium", High: "high", Critical: "critical"}
	statuses      = []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	relationTypes = []string{"derived", "obsolete", "merged", "renamed", "similar"}
)

// String is the level as rules write it; empty for NoLevel.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return ""
}

// readMeta reads what all documents say about themselves.
func (d *draft) readMeta() {
	t := d.tree
	*d.meta = Meta{
		Title: d.text(t, "title"), ID: d.text(t, "id"), Name: d.text(t, "name"),
		Taxonomy: d.text(t, "taxonomy"), Description: d.text(t, "description"),
		License: d.text(t, "license"), Author: d.text(t, "author"),
		Status: d.text(t, "status"), Level: d.level(),
		Date: d.date("date"), Modified: d.date("modified"),
		References: d.texts(t, "references"), Tags: d.texts(t, "tags"), Fields: d.texts(t, "fields"),
		FalsePositives: d.texts(t, "falsepositives"), Scope: d.texts(t, "scope"),
		Related: d.related(), Honeymoat: d.extension(),
		Place: Place{File: d.file.name, Line: t.line, Column: t.column},
	}
	d.checkMeta()
}

func (d *draft) checkMeta() {
	if t := d.tree.get("title"); strings.TrimSpace(d.meta.Title) == "" && (t == nil || t.scalar()) {
		d.fail(d.tree, d.misspelt("title"), "there is no title")
	}
	if n := utf8.RuneCountInString(d.meta.Title); n > maxTitle {
		d.fail(d.tree.get("title"), "tell the rest in the description", "the title has %d characters, of which %d are allowed", n, maxTitle)
	}
	if n := utf8.RuneCountInString(d.meta.Description); n > maxDescription {
		d.fail(d.tree.get("description"), "", "the description has %d characters, of which %d are allowed", n, maxDescription)
	}
}

// text reads one value as it is written; empty when it is not there.
func (d *draft) text(t *tree, name string) string {
	v := t.get(name)
	switch {
	case v == nil || v.shape == null:
		return ""
	case v.scalar():
		return v.text
	case v.shape == sequence && name == "author":
		return strings.Join(d.texts(t, name), ", ")
	}
	d.fail(v, "", "%s is %s, not text", name, v.shape)
	return ""
}

// texts reads a list of values, or one.
func (d *draft) texts(t *tree, name string) []string {
	v := t.get(name)
	switch {
	case v == nil || v.shape == null:
		return nil
	case v.scalar():
		return []string{v.text}
	case v.shape == mapping:
		d.fail(v, `write one "- …" for each`, "%s is %s, not a list", name, v.shape)
		return nil
	}
	var list []string
	for _, item := range v.items {
		if !item.scalar() {
			d.fail(item, "put it into quotes", "an entry of %s is %s, not text", name, item.shape)
		} else if item.shape != null {
			list = append(list, item.text)
		}
	}
	return list
}

// oneOf reads one of a list of words.
func (d *draft) oneOf(t *tree, name string, words []string) string {
	s := d.text(t, name)
	if s == "" || slices.Contains(words, s) {
		return s
	}
	d.fail(t.get(name), oneOfHint(s, words), "there is no %s %q", name, s)
	return ""
}

func oneOfHint(s string, words []string) string {
	if near := mistake.Nearest(strings.ToLower(s), words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "want one of " + strings.TrimPrefix(strings.Join(words, ", "), ", ")
}

func (d *draft) level() Level {
	return Level(slices.Index(levelNames, d.oneOf(d.tree, "level", levelNames)))
}

// date reads a date by ISO 8601, or as it was written before version 2 of the
// specification, and gives the former.
func (d *draft) date(name string) string {
	s := d.text(d.tree, name)
	if s == "" {
		return ""
	}
	for _, layout := range []string{time.DateOnly, "2006/01/02", "2006-1-2", "2006/1/2"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	d.fail(d.tree.get(name), "write YYYY-MM-DD", "%s: %q is no date", name, s)
	return ""
}

func (d *draft) related() []Related {
	t := d.tree.get("related")
	if t == nil || t.shape == null {
		return nil
	}
	entries := []*tree{t}
	if t.shape == sequence {
		entries = t.items
	}
	var related []Related
	for _, e := range entries {
		if e.shape != mapping {
			d.fail(e, `write "- id: …" and below it "type: …"`, "an entry of related is %s", e.shape)
			continue
		}
		r := Related{ID: d.text(e, "id"), Type: d.oneOf(e, "type", relationTypes)}
		if r.ID == "" || e.get("type") == nil {
			d.fail(e, `write "id: …" and "type: …"`, "an entry of related lacks its id or type")
		}
		related = append(related, r)
	}
	return related
}

// topKeys are the keys of documents that the specification and honeymoat
// know. Others are allowed.
var topKeys = []string{
	"title", "id", "name", "related", "taxonomy", "status", "description", "license", "author", "references", "date",
	"modified", "logsource", "detection", "correlation", "filter", "fields", "falsepositives", "level", "tags", "scope",
	"generate", "action", "honeymoat",
}
