package haproxy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// tables is what the maps should hold: name of the map → key → value.
type tables struct {
	held   map[string]map[string]string
	places map[block.Target]place // where a target is
	beyond map[block.Target]bool  // exemptions that no map can hold
	stale  map[string]bool        // tables whose file is out of date
}

type place struct{ table, key string }

func newTables() *tables {
	t := &tables{places: map[block.Target]place{}, beyond: map[block.Target]bool{}, stale: map[string]bool{}, held: map[string]map[string]string{}}
	for _, name := range tableNames() {
		t.held[name] = map[string]string{}
	}
	return t
}

// change is one step that makes a map what it should be.
type change struct {
	verb  string // "add", "set" or "del"
	place place
	value string
}

// take brings the tables up to date, and gives the steps to the same end in
// the maps, additions first: at no time is there less than before and after.
// end tells when an entry ends.
func (t *tables) take(b *mirror.Batch, end func(*mirror.Entry) time.Time) []change {
	if b.Reset {
		*t = *newTables()
		for name := range t.held {
			t.stale[name] = true
		}
	}
	var changes, removals []change
	for i := range b.Put {
		e := &b.Put[i]
		kind, key, ok := keyOf(e.Target)
		if !ok {
			t.beyond[e.Target] = true
			continue
		}
		at := place{tableName(e.Action, kind), key}
		if old, moved := t.places[e.Target]; moved && old != at {
			removals = append(removals, t.remove(e.Target, old))
		}
		changes = append(changes, t.put(e.Target, at, valueOf(e, end(e))))
	}
	for i := range b.Remove {
		target := b.Remove[i].Target
		if at, ok := t.places[target]; ok {
			removals = append(removals, t.remove(target, at))
		}
		delete(t.beyond, target)
	}
	return append(changes, removals...)
}

func (t *tables) put(target block.Target, at place, value string) change {
	verb := "add"
	if _, there := t.held[at.table][at.key]; there {
		verb = "set"
	}
	t.held[at.table][at.key] = value
	t.places[target] = at
	t.stale[at.table] = true
	return change{verb, at, value}
}

func (t *tables) remove(target block.Target, at place) change {
	delete(t.held[at.table], at.key)
	delete(t.places, target)
	t.stale[at.table] = true
	return change{verb: "del", place: at}
}

// state sets what the state says. It gives the steps to it.
func (t *tables) state(serial string) []change {
	ask := "0"
	if len(t.beyond) > 0 {
		ask = "1"
	}
	changes := make([]change, 0, 2)
	for _, c := range []change{{"set", place{stateTable, askKey}, ask}, {"set", place{stateTable, serialKey}, serial}} {
		if t.held[stateTable][c.place.key] != c.value {
			t.held[stateTable][c.place.key] = c.value
			changes = append(changes, c)
		}
	}
	t.stale[stateTable] = true
	return changes
}

// lines gives a table as in HAProxy's file of a map, in a fixed order.
func (t *tables) lines(name string) []string {
	held := t.held[name]
	lines := make([]string, 0, len(held))
	for _, key := range slices.Sorted(maps.Keys(held)) {
		lines = append(lines, key+" "+held[key]+"\n")
	}
	return lines
}

// entries counts what is held, the state aside.
func (t *tables) entries() int { return len(t.places) }

// command is a change as the Runtime API wants it. file is the map's.
func (c *change) command(file string) string {
	return strings.TrimSuffix(c.verb+" map "+file+" "+c.place.key+" "+c.value, " ")
}
