package match

import (
	sigmago "github.com/bradleyjkemp/sigma-go"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// theirMapping names our columns after the fields of rules.
func theirMapping() sigmago.Config {
	c := sigmago.Config{Title: "columns", FieldMappings: map[string]sigmago.FieldMapping{}}
	for i := range fields {
		for _, name := range append([]string{fields[i].Name}, fields[i].Aliases...) {
			m := sigmago.FieldMapping{}
			for _, column := range fields[i].columns {
				m.TargetNames = append(m.TargetNames, column.String())
			}
			c.FieldMappings[name] = m
		}
	}
	return c
}

// theirEvent is a row with its raw values by column; what is unknown is not
// there.
func theirEvent(b *event.Batch, row int) map[string]any {
	e := map[string]any{}
	r := record{raw: true}
	r.turn(b, row)
	for c := range columnCount {
		if n, ok := numberOf(b, row, c); ok && c.shape() == numberShape {
			e[c.String()] = n
			if n == float64(int(n)) {
				e[c.String()] = int(n)
			}
		} else if values := r.values(c); len(values) > 0 {
			e[c.String()] = string(values[0].text)
		}
	}
	return e
}
