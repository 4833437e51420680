package match

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Field is a field that rules may name. Two of one name are equal. The zero
// Field is a field that no log has.
type Field struct{ def *definition }

// FieldInfo describes a field for people.
type FieldInfo struct {
	Name     string
	Aliases  []string // other names of the same, in any case of letters
	Taxonomy string   // "honeymoat", "webserver", "proxy", or both of the latter
	What     string   // what it is, with its unit
	Known    bool     // some log has it
}

// definition is a row of the table of fields.
type definition struct {
	FieldInfo
	columns []column // the first is the field's own; none: no log has it
}

// FieldOf finds a field by its name or by an alias, in any case of letters.
func FieldOf(name string) (Field, bool) {
	for i := range fields {
		if fields[i].named(name) {
			return Field{&fields[i]}, true
		}
	}
	return Field{}, false
}

func (d *definition) named(name string) bool {
	if strings.EqualFold(d.Name, name) {
		return true
	}
	for _, alias := range d.Aliases {
		if strings.EqualFold(alias, name) {
			return true
		}
	}
	return false
}

// Fields lists all fields.
func Fields() []FieldInfo {
	all := make([]FieldInfo, len(fields))
	for i := range fields {
		all[i] = fields[i].FieldInfo
		all[i].Known = len(fields[i].columns) > 0
	}
	return all
}

// Name is the field's name in the table; empty for a field that no log has.
func (f Field) Name() string {
	if f.def == nil {
		return ""
	}
	return f.def.Name
}

// Known tells whether some log has the field.
func (f Field) Known() bool { return f.def != nil && len(f.def.columns) > 0 }

// Same tells whether two fields are the same column under two names.
func (f Field) Same(other Field) bool {
	a, ok := f.own()
	b, known := other.own()
	return ok && known && a == b
}

// columns are where the field's values come from.
func (f Field) columns() []column {
	if f.def == nil {
		return nil
	}
	return f.def.columns
}

// own is the column that the field is called after.
func (f Field) own() (column, bool) {
	if !f.Known() {
		return 0, false
	}
	return f.def.columns[0], true
}

// The taxonomies.
const (
	ours      = "honeymoat"
	webserver = "webserver"
	proxy     = "proxy"
	bothTheir = "webserver, proxy"
)

// fields is the table of fields.
var fields = append(ourFields(), theirFields()...)

func texts(name, what string, f event.TextField, aliases ...string) definition {
	return definition{FieldInfo{Name: name, Aliases: aliases, Taxonomy: ours, What: what}, []column{textColumn(f)}}
}

func numbers(name, what string, f event.NumberField) definition {
	return definition{FieldInfo{Name: name, Taxonomy: ours, What: what}, []column{numberColumn(f)}}
}

func others(name, what string, c column, aliases ...string) definition {
	return definition{FieldInfo{Name: name, Aliases: aliases, Taxonomy: ours, What: what}, []column{c}}
}

// their describes a field of a taxonomy of the specification.
func their(name, taxonomy, what string, columns ...column) definition {
	return definition{FieldInfo{Name: name, Taxonomy: taxonomy, What: what}, columns}
}

// alias gives the field further names.
func (d definition) alias(names ...string) definition {
	d.Aliases = append(d.Aliases, names...)
	return d
}
