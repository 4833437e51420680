package ruletest

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/payload/unfold"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// Seen is what a record says in one field.
type Seen struct {
	Field   string   `json:"field"`
	Value   string   `json:"value"`
	Decoded []string `json:"decoded,omitempty"` // further forms, in which rules see it too
	// Attacks are the kinds of attack that the analysers find in the field.
	Attacks []string `json:"attacks,omitempty"`
}

// seen lists the known fields of a row.
func seen(b *event.Batch, row int) []Seen {
	list := []Seen{}
	add := func(s Seen) {
		if s.Value != "" {
			list = append(list, s)
		}
	}
	for _, f := range event.NumberFields() {
		switch f {
		case event.Offset, event.Line, event.Length, event.Quality: // about the file, not the request
		default:
			add(Seen{Field: f.String(), Value: f.Text(b.Number(f, row))})
		}
	}
	for _, f := range event.AddrFields() {
		if a := b.Addr(f, row); a.IsValid() {
			add(Seen{Field: f.String(), Value: a.String()})
		}
	}
	for _, f := range event.TextFields() {
		v := b.Text(f, row)
		add(Seen{Field: f.String(), Value: string(v), Decoded: decoded(f, v), Attacks: attacks(b, row, f)})
	}
	add(Seen{Field: event.Quality.String(), Value: strings.Join(b.Flags(row).Names(), ", ")})
	return list
}

// decoded are the further forms of a text that the client wrote.
func decoded(f event.TextField, v []byte) []string {
	var u unfold.Unfolder
	var forms [][]byte
	switch f {
	case event.Query:
		forms = u.QueryForms(v)
	case event.Path, event.UserAgent, event.Referer, event.ForwardedFor, event.Host, event.User:
		forms = u.Forms(v)
	}
	var list []string
	for _, form := range forms {
		list = append(list, string(form))
	}
	return list
}

// attacks are the kinds of attack found in a field, by the field that rules
// have for them.
func attacks(b *event.Batch, row int, f event.TextField) []string {
	field, ok := match.FieldOf("attack." + f.String())
	if !ok {
		return nil
	}
	kinds := string(field.Text(b, row, nil))
	if kinds == "" {
		return nil
	}
	return strings.Split(kinds, ",")
}
