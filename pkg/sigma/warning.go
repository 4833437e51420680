package sigma

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
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

var (
	tagName   = regexp.MustCompile(`^[a-z0-9_-]+\.[a-z0-9._-]+$`)
	notInTags = regexp.MustCompile(`[^a-z0-9._-]+`)
	// uuid is an id, with the number that "action: repeat" puts behind it.
	uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(-[0-9]+)?$`)
)

func (d *draft) warnAboutMeta() {
	m := d.meta
	if d.reported() {
		d.warnAboutMissing()
	}
	if m.ID != "" && !uuid.MatchString(m.ID) {
		d.warn(d.tree.get("id"), "`uuidgen` makes one", "the id %q is no UUID, which is what keeps it apart from everybody else's", m.ID)
	}
	d.warnAboutStatus()
	for _, tag := range m.Tags {
		if !tagName.MatchString(tag) {
			d.warn(d.tree.get("tags"), tagHint(tag), "the tag %q has no namespace, or other characters than a-z, 0-9, -, _ and .", tag)
		}
	}
	d.warnAboutBlock()
	d.warnAboutKeys()
}

func (d *draft) warnAboutBlock() {
	m, at := d.meta, d.tree.get("honeymoat")
	block := m.Honeymoat.Block
	if block.TTL > 0 && block.Mode == BlockEnforce && m.Level < Medium {
		d.warn(at, `begin with "mode: rollout", or raise the level`, "a block is enforced on a level below medium")
	}
	if block.TTL > 0 && block.anybody() {
		d.warn(at.get("block").get("scope"), `add "address", or another scope that names somebody`,
			"the block names nobody: it hits everybody who sends such requests, if the guard lets it")
	}
}

func (d *draft) warnAboutStatus() {
	switch status := d.meta.Status; {
	case status == "deprecated" || status == "unsupported":
		d.warn(d.tree.get("status"), "", "the status is %s", status)
	case status != "" && !slices.Contains(statuses, status):
		d.warn(d.tree.get("status"), oneOfHint(status, statuses), "there is no status %q", status)
	}
}

// tagHint keeps what a tag says.
func tagHint(tag string) string {
	word := strings.Trim(notInTags.ReplaceAllString(strings.ToLower(tag), "-"), "-.")
	switch {
	case word == "":
		return "write it with a namespace, such as attack.t1190"
	case tagName.MatchString(word):
		return "write " + word
	}
	return "write it with a namespace, such as attack." + strings.ReplaceAll(word, ".", "-")
}

// warnAboutKeys tells keys that are nearly known ones, but for those of which
// something is told already.
func (d *draft) warnAboutKeys() {
	for _, e := range d.tree.entries {
		near := nearly(e.key.text)
		told := slices.ContainsFunc(d.warnings, func(m mistake.Mistake) bool { return m.Line == e.key.line && m.Column == e.key.column })
		if near != "" && !told {
			d.warn(e.key, fmt.Sprintf("did you mean %q?", near), "nobody reads the key %q", e.key.text)
		}
	}
}

// nearly is the key that one which is not known was probably meant to be.
func nearly(key string) string {
	if slices.Contains(topKeys, key) {
		return ""
	}
	return mistake.Nearest(key, topKeys)
}

// reported tells whether a document's own matches are findings. Others are
// parts of a correlation, which says what there is to say.
func (d *draft) reported() bool {
	return d.rule != nil && !d.rule.Silent || d.correlation != nil && !d.correlation.Silent
}

func (d *draft) warnAboutMissing() {
	missing := []struct {
		is        bool
		key, more string
	}{
		{d.meta.ID == "", "id", ": findings are known by the title, and change with it"},
		{d.meta.Level == NoLevel, "level", ": its findings are only logged"},
		{d.meta.Description == "", "description", ""},
		{d.meta.Level >= High && len(d.meta.FalsePositives) == 0, "falsepositives", ", though its level is " + d.meta.Level.String()},
	}
	for _, m := range missing {
		if m.is {
			at, hint := d.whereMissed(m.key)
			d.warn(at, hint, "there is no %s%s", m.key, m.more)
		}
	}
}

// whereMissed is where somebody looks for a key that is missing: at the key
// when it is empty, at one that is nearly it, else at the document.
func (d *draft) whereMissed(name string) (at *tree, hint string) {
	for _, e := range d.tree.entries {
		if e.key.text == name {
			return e.key, ""
		}
	}
	for _, e := range d.tree.entries {
		if nearly(e.key.text) == name {
			return e.key, fmt.Sprintf("did you mean %q by %q?", name, e.key.text)
		}
	}
	return d.tree, ""
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
	return k.has(modifierCased) || k.has("re") || k.has("base64") || k.has("base64offset") || k.has(modifierExpand) || k.has("fieldref")
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
	if placeholderName.MatchString(v.text) && !k.partial() && !k.has(modifierExpand) && !escaped.MatchString(v.text) {
		return v.text + " is compared as it stands", "write " + k.expandedFirst() + " if it is a placeholder"
	}
	return k.oddWildcards(parsePattern(v.text))
}

var (
	placeholderName = regexp.MustCompile(`^%[A-Za-z_][A-Za-z0-9_.-]*%$`)
	escaped         = regexp.MustCompile(`^%[0-9A-Fa-f]{2}%$`) // a percent-encoded byte and the begin of another
)

// partial tells whether values are parts of a field's value, as "%temp%" is of
// a command.
func (k key) partial() bool {
	return k.field == "" || k.has("contains") || k.has("startswith") || k.has("endswith")
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
