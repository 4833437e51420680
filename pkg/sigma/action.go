package sigma

import "fmt"

// merged carries out "action:", by which documents of older rules share what
// they have in common: global documents are laid over those that follow until
// reset, repeat lays the document over the one before.
func (s *source) merged(documents []*tree) []*tree {
	var out []*tree
	var global, before *tree
	ids := map[*tree]int{}
	for _, t := range documents {
		action := t.get("action")
		switch {
		case action == nil:
			if global != nil && t.get("correlation") == nil && t.get("filter") == nil {
				t = t.under(global)
			}
			before = t
			out = append(out, t.numbered(ids))
		case action.text == "global":
			global = t.without("action")
			before = global
		case action.text == "reset":
			global = nil
		case action.text == "repeat" && before != nil:
			before = before.under(t.without("action"))
			out = append(out, before.numbered(ids))
		default:
			s.failAt(action.line, action.column, "the actions are global, reset, and repeat behind another document", "action %q cannot be taken here", action.text)
		}
	}
	return out
}

// under lays top over t: maps are joined, all else is replaced.
func (t *tree) under(top *tree) *tree {
	if t == nil || t.shape != mapping || top.shape != mapping {
		return top
	}
	joined := *t
	joined.entries = nil
	for _, e := range t.entries {
		if over := top.get(e.key.text); over != nil {
			e.value = e.value.under(over)
		}
		joined.entries = append(joined.entries, e)
	}
	for _, e := range top.entries {
		if t.get(e.key.text) == nil {
			joined.entries = append(joined.entries, e)
		}
	}
	return &joined
}

func (t *tree) without(name string) *tree {
	rest := *t
	rest.entries = nil
	for _, e := range t.entries {
		if e.key.text != name {
			rest.entries = append(rest.entries, e)
		}
	}
	return &rest
}

// numbered gives the second and later documents that share one id ids of
// their own.
func (t *tree) numbered(ids map[*tree]int) *tree {
	id := t.get("id")
	if ids[id]++; id == nil || ids[id] == 1 {
		return t
	}
	own := *id
	own.shape, own.text = text, fmt.Sprintf("%s-%d", id.text, ids[id])
	return t.under(&tree{shape: mapping, entries: []entry{{&tree{shape: text, text: "id"}, &own}}})
}
