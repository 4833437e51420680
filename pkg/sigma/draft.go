package sigma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// draft is a document on its way to a rule, a correlation or a filter. One of
// the three is set, unless the document is refused.
type draft struct {
	file    *source
	filling filling
	tree    *tree
	refused bool
	told    int // mistakes
	values  int // that the modifiers made
	meta    *Meta

	rule        *Rule
	correlation *Correlation
	filter      *Filter

	references []reference // of a correlation or filter, as written
	aliases    []alias     // of a correlation
	state      linkState   // of a correlation, while references are followed
	warnings   mistake.List
}

// fail tells a mistake, with which the document is refused.
func (d *draft) fail(at *tree, hint, format string, args ...any) {
	d.refused = true
	if d.told++; d.told == maxListed {
		hint, format, args = "mend those above first", "the document has more mistakes, which are not told", nil
	}
	if d.told <= maxListed {
		d.file.failAt(at.line, at.column, hint, format, args...)
	}
}

// warn tells what is right but probably not meant.
func (d *draft) warn(at *tree, hint, format string, args ...any) {
	d.warnings = append(d.warnings, mistake.Mistake{
		File: d.file.name, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// draft reads a document as far as it can be read alone.
func (p *parsing) draft(file *source, t *tree) *draft {
	d := &draft{file: file, filling: filling{values: p.options.Placeholders}, tree: t}
	if t.shape != mapping {
		d.fail(t, `begin with "title: …"`, "a document is %s, not a map", t.shape)
		return d
	}
	switch {
	case t.get("correlation") != nil:
		d.readCorrelation()
	case t.get("filter") != nil:
		d.readFilter()
	case t.get("detection") != nil:
		d.readRule()
	default:
		d.fail(t, d.misspelt("detection", "correlation", "filter"), "the document has neither detection nor correlation nor filter")
		d.perhapsFilter()
	}
	d.readUnfilled()
	return d
}

// readUnfilled tells placeholders without values: a rule with one waits for
// them, a filter has no other meaning than to let things pass and is refused.
func (d *draft) readUnfilled() {
	if len(d.filling.unfilled) == 0 {
		return
	}
	names := "%" + strings.Join(d.filling.unfilled, "%, %") + "%"
	if d.rule == nil {
		d.fail(d.filling.at, d.filling.likely(), "%s: no values for this placeholder", names)
		return
	}
	d.rule.Unfilled = d.filling.unfilled
	d.warn(d.filling.at, d.filling.likely(), "the rule is not in force: no values for %s", names)
}

// misspelt is a hint when a key that is not known is nearly one of the names.
func (d *draft) misspelt(names ...string) string {
	for _, e := range d.tree.entries {
		if slices.Contains(topKeys, e.key.text) {
			continue
		}
		if near := mistake.Nearest(e.key.text, names); near != "" {
			return fmt.Sprintf("did you mean %q by %q?", near, e.key.text)
		}
	}
	return ""
}

func (d *draft) readRule() {
	d.rule = &Rule{LogSource: d.logSource()}
	d.meta = &d.rule.Meta
	d.readMeta()
	detection := d.tree.get("detection")
	if detection.shape != mapping {
		d.fail(detection, "write searches by name, and a condition", "detection is %s", detection.shape)
		return
	}
	d.rule.Condition = d.detection(detection, "condition")
}

// detection reads searches and their condition.
func (d *draft) detection(t *tree, reserved ...string) Node {
	old := t.get("timeframe")
	if old != nil && old.scalar() {
		reserved = append(reserved, "timeframe")
	} else {
		old = nil
	}
	searches := d.searches(t, reserved...)
	condition := t.get("condition")
	if condition == nil {
		d.fail(t, `write "condition: selection"`, "there is no condition")
		return nil
	}
	node := d.condition(condition, searches)
	if old != nil && node != nil {
		d.fail(old, "write a correlation with a timespan", "timeframe belongs to the old way to count events, which the specification has taken out")
	}
	d.warnAboutUnused(searches, node)
	return node
}

func (d *draft) logSource() LogSource {
	t := d.tree.get("logsource")
	if t == nil || t.shape != mapping {
		at := d.tree
		if t != nil {
			at = t
		}
		d.fail(at, `write "logsource:" and below it "category: webserver"`, "there is no logsource")
		return LogSource{}
	}
	l := LogSource{
		Category: d.text(t, "category"), Product: d.text(t, "product"),
		Service: d.text(t, "service"), Definition: d.text(t, "definition"),
	}
	if l.Category == "" && l.Product == "" && l.Service == "" {
		d.fail(t, `write "category: webserver"`, "the logsource names neither category, product nor service")
	}
	return l
}
