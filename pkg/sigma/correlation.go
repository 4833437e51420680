package sigma

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// maxTimespan bounds how far back a correlation looks.
const maxTimespan = 366 * 24 * time.Hour

var (
	correlationTypes = []string{
		string(EventCount), string(ValueCount), string(Temporal), string(TemporalOrdered),
		string(ValueSum), string(ValueAvg), string(ValuePercentile),
	}
	boundOps = []string{string(GT), string(GTE), string(LT), string(LTE), string(EQ), string(NEQ)}
)

// reference is a rule's id or name where a document refers to it.
type reference struct {
	at   *tree
	name string
}

// alias is a field with a name in each rule.
type alias struct {
	at     *tree
	fields []reference // name: the rule; at: the field's name
}

// readCorrelation reads a correlation but for what it refers to, by the
// specification's "Sigma Correlation Rules".
func (d *draft) readCorrelation() {
	t := d.tree.get("correlation")
	d.correlation = &Correlation{}
	d.meta = &d.correlation.Meta
	d.readMeta()
	if t.shape != mapping {
		d.fail(t, "write type, rules, group-by, timespan and condition", "correlation is %s", t.shape)
		return
	}
	d.nearlyKeys(t)
	c := d.correlation
	c.Type = CorrelationType(d.oneOf(t, "type", correlationTypes))
	c.GroupBy = d.texts(t, "group-by")
	c.Timespan = d.timespan(t)
	c.Generate = d.truth(t, "generate") || d.truth(d.tree, "generate")
	d.references = d.rules(t)
	d.aliases = d.aliasList(t.get("aliases"))
	if c.Type == "" {
		if t.get("type") == nil {
			d.fail(t, "want one of "+strings.Join(correlationTypes, ", "), "the correlation has no type")
		}
		return
	}
	d.bounds(t)
}

// nearlyKeys refuses keys that are nearly known ones: to go on without the
// key that was meant would find something else.
func (d *draft) nearlyKeys(t *tree) {
	known := []string{"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}
	for _, e := range t.entries {
		near := mistake.Nearest(e.key.text, known)
		switch {
		case slices.Contains(known, e.key.text):
		case near != "":
			d.fail(e.key, fmt.Sprintf("did you mean %q?", near), "correlation has no key %q", e.key.text)
		default:
			d.warn(e.key, "", "nobody reads the key %q of correlation", e.key.text)
		}
	}
}

func (d *draft) timespan(t *tree) time.Duration {
	v := t.get("timespan")
	if v == nil {
		d.fail(t, `write "timespan: 10m"`, "the correlation has no timespan")
		return 0
	}
	span, ok := timespan(v.text)
	if !ok || span <= 0 || span > maxTimespan {
		d.fail(v, `write a number and s, m, h, d, w, M or y, such as "90m", up to a year`, "%q is no timespan", v.text)
	}
	return span
}

// timespan reads a number with a unit. Weeks, months and years are what other
// tools take besides the specification's units.
func timespan(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour,
		'w': 7 * 24 * time.Hour, 'M': 2_629_746 * time.Second, 'y': 31_556_952 * time.Second,
	}[s[len(s)-1]]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if err != nil || unit == 0 || time.Duration(n) > math.MaxInt64/unit {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// truth reads true or false, also as older YAML has them.
func (d *draft) truth(t *tree, name string) bool {
	v := t.get(name)
	if v == nil || v.shape == null {
		return false
	}
	truth, ok := truthOf(TextValue, v.text)
	if !ok {
		d.fail(v, "write true or false", "%s is %s", name, v.shape)
	}
	return truth
}

// rules reads what a correlation or a filter refers to.
func (d *draft) rules(t *tree) []reference {
	v := t.get("rules")
	if v == nil || v.shape == null || v.shape == sequence && len(v.items) == 0 {
		d.fail(t, `write "rules:" and below it the ids or names of rules`, "it refers to no rules")
		return nil
	}
	items := []*tree{v}
	if v.shape == sequence {
		items = v.items
	}
	var refs []reference
	seen := map[string]bool{}
	for _, item := range items {
		switch {
		case !item.scalar() || item.shape == null:
			d.fail(item, "write the id or name of a rule", "an entry of rules is %s", item.shape)
		case seen[item.text]:
			d.fail(item, "take it out", "it refers to %q twice", item.text)
		default:
			refs = append(refs, reference{item, item.text})
			seen[item.text] = true
		}
	}
	return refs
}

func (d *draft) aliasList(t *tree) []alias {
	if t == nil || t.shape == null {
		return nil
	}
	if t.shape != mapping {
		d.fail(t, "write aliases by name, each with a map of rules and fields", "aliases is %s", t.shape)
		return nil
	}
	var aliases []alias
	for _, e := range t.entries {
		if e.value.shape != mapping {
			d.fail(e.value, `write "rule: field" for each rule`, "the alias %q is %s", e.key.text, e.value.shape)
			continue
		}
		a := alias{at: e.key}
		for _, field := range e.value.entries {
			if d.text(e.value, field.key.text) == "" {
				d.fail(field.value, "write the field's name", "the alias %q has no field of %q", e.key.text, field.key.text)
			}
			a.fields = append(a.fields, reference{field.value, field.key.text})
		}
		aliases = append(aliases, a)
	}
	return aliases
}

// bounds reads the condition of a correlation.
func (d *draft) bounds(t *tree) {
	c, v := d.correlation, t.get("condition")
	temporal := c.Type == Temporal || c.Type == TemporalOrdered
	switch {
	case v == nil && temporal:
		c.Bounds = []Bound{{GTE, float64(len(d.references))}}
		return
	case v == nil:
		d.fail(t, `write "condition:" and below it "gte: 100"`, "the correlation has no condition")
		return
	case v.shape != mapping:
		d.fail(v, `write "gte: 100"`, "the condition of a correlation is %s", v.shape)
		return
	}
	d.onlyKeys(v, "condition", append([]string{"field", "percentile"}, boundOps...)...)
	for _, e := range v.entries {
		if slices.Contains(boundOps, e.key.text) {
			c.Bounds = append(c.Bounds, Bound{BoundOp(e.key.text), d.limit(e)})
		}
	}
	if len(c.Bounds) == 0 {
		d.fail(v, "write one of "+strings.Join(boundOps, ", "), "the condition compares with nothing")
	}
	d.counted(v)
}

func (d *draft) limit(e entry) float64 {
	v := *e.value
	if v.shape == text {
		v.plain() // a number in quotes
	}
	if v.shape != number {
		d.fail(e.value, "write a number", "%s wants a number, not %s", e.key.text, v.shape)
	}
	return v.number
}

// counted reads which field a correlation counts.
func (d *draft) counted(condition *tree) {
	c := d.correlation
	c.Fields = d.texts(condition, "field")
	wants := strings.HasPrefix(string(c.Type), "value_")
	switch {
	case wants && len(c.Fields) == 0:
		d.fail(condition, `write "field: …" beside it`, "%s wants the field that it looks at", c.Type)
	case !wants && len(c.Fields) > 0:
		d.fail(condition.get("field"), "take it out, or count with value_count", "%s looks at no field", c.Type)
	case c.Type != ValueCount && len(c.Fields) > 1:
		d.fail(condition.get("field"), "name one field", "%s looks at one field, not %d", c.Type, len(c.Fields))
	}
	if p := condition.get("percentile"); p != nil {
		c.Percentile = d.limit(entry{&tree{text: "percentile"}, p})
		if c.Type != ValuePercentile || c.Percentile <= 0 || c.Percentile >= 100 {
			d.fail(p, "percentile stands in value_percentile, and is more than 0 and less than 100", "the percentile cannot be taken")
		}
	}
}
