package store

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// trace is what a table may hold of a data subject.
type trace struct {
	table string
	own   string   // condition of the rows that are the subject's; they are deleted
	texts []string // columns in which others' rows may name it; the name is taken out
	whole bool     // a row that names it in such a column is deleted
	// blank takes the subject out of its own rows instead of deleting them.
	blank string
}

// traces are all tables that may name somebody: a route does where the path has
// a name in it.
func traces() []trace {
	own := func(columns ...string) string {
		for i, c := range columns {
			columns[i] = c + " IN {values:Array(String)}"
		}
		return strings.Join(columns, " OR ")
	}
	return []trace{
		{table: "events", own: own("client_address", "peer_address", "principal", "user", "session", "application"),
			texts: []string{"path", "route", "query", "referer", "forwarded_for"}},
		{table: "quarantine", texts: []string{"excerpt"}},
		{table: "quarantine_outcomes", texts: []string{"excerpt"}},
		{table: "findings", own: own("actor"), texts: []string{"path", "reason"}},
		{table: "actors", own: own("value")},
		{table: "block_log", own: own("target"), texts: []string{"reason"}},
		{table: "discards", own: "actor IN {actors:Array(String)}", texts: []string{"path", "reason"}},
		{table: "traffic_1m", texts: []string{"route"}, whole: true},
		{table: "routes", texts: []string{"route"}, whole: true},
		{table: "baselines", own: own("subject"), texts: []string{"subject"}, whole: true},
		{table: "audit", own: own("address"), blank: "address = ''", texts: []string{"subject", "detail"}},
	}
}

// named is the condition of the rows that name the subject and are not its own.
func (t trace) named() string {
	matches := make([]string, len(t.texts))
	for i, c := range t.texts {
		matches[i] = "match(" + c + ", {word:String})"
	}
	condition := "(" + strings.Join(matches, " OR ") + ")"
	if t.own != "" && t.blank == "" {
		condition += " AND NOT (" + t.own + ")"
	}
	return condition
}

// unname is the assignments that take the name out of a row. Twice, since two
// names may share the character between them.
func (t trace) unname() string {
	set := make([]string, len(t.texts))
	for i, c := range t.texts {
		once := "replaceRegexpAll(" + c + `, {word:String}, '\\1[erased]\\2')`
		set[i] = c + " = replaceRegexpAll(" + once + `, {word:String}, '\\1[erased]\\2')`
	}
	return strings.Join(set, ", ")
}

// Erase removes all rows of a subject, and takes its name out of those of
// others where that is asked for; of what people did it removes the subject
// only. It returns once every node has done so, and counts again.
func (s *Store) Erase(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(eraseParameters(subject)), clickhouse.WithSettings(clickhouse.Settings{
		"mutations_sync": 2, "allow_nondeterministic_mutations": 1,
	}))
	var outcomes []erase.Outcome
	for _, t := range traces() {
		o, err := s.eraseFrom(ctx, t, subject)
		outcomes = append(outcomes, o)
		if err != nil {
			return outcomes, fmt.Errorf("erase from table %s: %w", t.table, err)
		}
	}
	return outcomes, nil
}

func (s *Store) eraseFrom(ctx context.Context, t trace, subject erase.Subject) (erase.Outcome, error) {
	o := erase.Outcome{Place: "store: " + t.table}
	own, named, err := s.countTraces(ctx, t)
	if err != nil {
		return o, err
	}
	var changes []string
	switch {
	case own > 0 && t.blank != "":
		changes = append(changes, " UPDATE "+t.blank+" WHERE "+t.own)
	case own > 0:
		changes = append(changes, " DELETE WHERE "+t.own)
	}
	switch {
	case named > 0 && !subject.Mentioned():
		o.Note, named = fmt.Sprintf("%d rows of others have the word; they stay unless mentions are erased too. ", named), 0
	case named > 0 && t.whole:
		changes = append(changes, " DELETE WHERE "+t.named())
	case named > 0:
		changes = append(changes, " UPDATE "+t.unname()+" WHERE "+t.named())
	}
	o.Found = own + named
	if subject.Search || len(changes) == 0 {
		o.Left = o.Found
		return o, nil
	}
	if err := s.mutate(ctx, t.table, changes); err != nil {
		return o, err
	}
	o.Note += "ClickHouse drops the old parts from the disk within minutes"
	if own, named, err = s.countTraces(ctx, t); !subject.Mentioned() {
		named = 0
	}
	o.Left = own + named
	return o, err
}

// countTraces counts a table's rows of a subject, and those of others that name
// it.
func (s *Store) countTraces(ctx context.Context, t trace) (own, named uint64, err error) {
	count := func(condition string, n *uint64) error {
		return s.conn.QueryRow(ctx, "SELECT count() FROM "+s.shape().table(t.table)+" WHERE "+condition).Scan(n)
	}
	if t.own != "" {
		err = count(t.own, &own)
	}
	if len(t.texts) > 0 && err == nil {
		err = count(t.named(), &named)
	}
	return own, named, err
}

// mutate changes a table on all nodes. ClickHouse keeps the text of a hundred
// mutations, which names the subject: one that names nobody pushes it out.
func (s *Store) mutate(ctx context.Context, table string, changes []string) error {
	alter := "ALTER TABLE " + s.shape().local(table) + " " + s.shape().onCluster()
	statements := append([]string{" MODIFY SETTING finished_mutations_to_keep = 1"}, changes...)
	for _, statement := range append(statements, " DELETE WHERE 0") {
		if err := s.conn.Exec(ctx, alter+statement); err != nil {
			return err
		}
	}
	return nil
}

// eraseParameters are the subject as the conditions name it.
func eraseParameters(subject erase.Subject) clickhouse.Parameters {
	values := append([]string{subject.Text()}, subject.Hashes...)
	var actors []string
	for _, a := range subject.Actors() {
		actors = append(actors, a.String())
		if a.Kind == finding.Prefix {
			values = append(values, a.Value)
		}
	}
	word := strings.ReplaceAll(wordExpression(subject), `\`, `\\`) // a parameter's text is unescaped
	return clickhouse.Parameters{"values": arrayOf(values), "actors": arrayOf(actors), "word": word}
}

// wordExpression matches the subject as a word of its own, see
// erase.Subject.InText.
func wordExpression(subject erase.Subject) string {
	const letter = `[^0-9A-Za-z\x{80}-\x{10FFFF}]`
	flags, before, after := ``, letter, letter
	switch a := subject.Address.Unmap(); {
	case a.Is4():
		before, after = `[^0-9A-Fa-f.]`, `(\.?$|\.?[^0-9A-Fa-f.])`
	case a.IsValid():
		flags, before, after = `(?i)`, `[^0-9a-f:]`, `[^0-9a-f:]`
	}
	return flags + `(^|` + before + `)` + regexp.QuoteMeta(subject.Text()) + `($|` + after + `)`
}

// arrayOf writes an array of strings as a parameter's text.
func arrayOf(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'"
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
