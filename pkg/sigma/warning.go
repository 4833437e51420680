package sigma

import (
	"net/netip"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Warnings tells what is right but probably not meant, in the order of the
// sources. The list is the caller's.
func (c *Collection) Warnings() mistake.List {
	return append(mistake.List(nil), c.warnings...)
}

// warnings of what was not refused go to the collection.
func (p *parsing) warn() {
	titles := map[string]*draft{}
	for _, d := range p.drafts {
		if d.refused {
			if d.filter != nil {
				p.collection.warnings = append(p.collection.warnings, d.warnings...)
			}
			continue
		}
		if other := titles[d.meta.Title]; other != nil {
			d.warn(d.tree.get("title"), "give it one of its own", "the title is also that of %s:%d", other.file.name, other.tree.line)
		}
		titles[d.meta.Title] = d
		d.warnAboutMeta()
		d.warnAboutCorrelation()
		p.collection.warnings = append(p.collection.warnings, d.warnings...)
	}
}

var tagName = regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)

func (d *draft) warnAboutMeta() {
	m := d.meta
	if d.reported() {
		d.warnAboutMissing()
	}
	if m.Status == "deprecated" || m.Status == "unsupported" {
		d.warn(d.tree.get("status"), "", "the status is %s", m.Status)
	}
	for _, tag := range m.Tags {
		if !tagName.MatchString(tag) {
			d.warn(d.tree.get("tags"), `write it as "attack.t1190"`, "the tag %q has no namespace, or other characters than a-z, 0-9, -, _ and .", tag)
		}
	}
	if block := m.Honeymoat.Block; block.TTL > 0 && !block.Shadow && m.Level < Medium {
		d.warn(d.tree.get("honeymoat"), `begin with "mode: shadow", or raise the level`, "a block is enforced on a level below medium")
	}
	if hint := d.misspelt(topKeys...); hint != "" {
		d.warn(d.tree, hint, "a key is nearly one of the specification's")
	}
}

// reported tells whether a document's own matches are findings. Others are
// parts of a correlation, which says what there is to say.
func (d *draft) reported() bool {
	return d.rule != nil && !d.rule.Silent || d.correlation != nil && !d.correlation.Silent
}

func (d *draft) warnAboutMissing() {
	missing := []struct {
		is   bool
		what string
	}{
		{d.meta.ID == "", "id: findings are known by the title, and change with it"},
		{d.meta.Level == NoLevel, "level: its findings are only logged"},
		{d.meta.Description == "", "description"},
		{d.meta.Level >= High && len(d.meta.FalsePositives) == 0, "falsepositives, though its level is " + d.meta.Level.String()},
	}
	for _, m := range missing {
		if m.is {
			d.warn(d.tree, "", "there is no %s", m.what)
		}
	}
}

func (d *draft) warnAboutUnused(searches []*search, condition Node) {
	for _, s := range searches {
		if !s.used && condition != nil {
			d.warn(s.at, "name it in the condition, or take it out", "the condition does not use the search %q", s.Name)
		}
	}
}

// warnAboutCorrelation tells a condition that those meet who do nearly nothing.
func (d *draft) warnAboutCorrelation() {
	if d.correlation == nil || d.correlation.Type == ValuePercentile || d.correlation.Type == ValueAvg {
		return
	}
	for _, b := range d.correlation.Bounds {
		if b.Op != LT && b.Op != LTE && b.Op != NEQ {
			return
		}
	}
	d.warn(d.tree.get("correlation").get("condition"), "add gt or gte", "the condition has no lower bound: one event is enough to meet it")
}

// warnAboutItem tells what a reader would ask about a field and its values.
func (d *draft) warnAboutItem(k key, values []*tree) {
	if k.has(modifierAll) && len(values) == 1 {
		d.warn(k.at, "take all out", "%s: all is about several values, and there is one", k)
	}
	seen := map[string]bool{}
	for _, v := range values {
		word := v.text
		if !k.minding() {
			word = strings.ToLower(word)
		}
		if seen[word] {
			d.warn(v, "take it out", "%s: %q is there twice", k, v.text)
		}
		seen[word] = true
		if message, hint := k.odd(v); message != "" {
			d.warn(v, hint, "%s: %s", k, message)
		}
	}
}

// minding tells whether values that differ in case only are different.
func (k key) minding() bool {
	return k.has(modifierCased) || k.has("re") || k.has("base64") || k.has("base64offset") || k.has("expand") || k.has("fieldref")
}

// odd tells what is strange about a value.
func (k key) odd(v *tree) (message, hint string) {
	switch {
	case v.shape != text:
		return "", ""
	case k.has("re"):
		return k.oddRegexp(v.text)
	case k.has("cidr"):
		if p, err := netip.ParsePrefix(v.text); err == nil && p != p.Masked() {
			return "the network " + v.text + " has bits set behind its prefix", "write " + p.Masked().String()
		}
		return "", ""
	}
	return k.oddWildcards(parsePattern(v.text))
}

func (k key) oddWildcards(p Pattern) (message, hint string) {
	if len(p) < 2 || k.field == "" {
		return "", ""
	}
	first, last := p[0].Kind == AnyRun, p[len(p)-1].Kind == AnyRun
	switch {
	case first && (k.has("contains") || k.has("endswith")) || last && (k.has("contains") || k.has("startswith")):
		return "the modifier puts the wildcard there already", "take the wildcard out"
	case len(k.modifiers) == 0 && first && last:
		return "wildcards stand at both ends", "write contains"
	}
	return "", ""
}

// oddRegexp tells a regular expression that is plain text.
func (k key) oddRegexp(expr string) (message, hint string) {
	expr, bad := translate(expr)
	if bad != nil {
		return "", ""
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	switch {
	case err != nil:
		return "", ""
	case tree.Op == syntax.OpEmptyMatch:
		return "the regular expression is found in everything", "write exists"
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0:
		return "the regular expression is plain text", k.plainly()
	}
	return "", ""
}

// plainly tells how to look for plain text without a regular expression.
func (k key) plainly() string {
	var modifiers []string
	begin, end := k.has("startswith"), k.has("endswith")
	switch {
	case begin && !end:
		modifiers = append(modifiers, "startswith")
	case end && !begin:
		modifiers = append(modifiers, "endswith")
	case !begin && k.field != "":
		modifiers = append(modifiers, "contains")
	}
	if !k.has("i") && !k.has("ignorecase") {
		modifiers = append(modifiers, modifierCased)
	}
	if len(modifiers) == 0 {
		return "take re out, which costs less"
	}
	return "write " + strings.Join(modifiers, "|") + ", which costs less"
}
