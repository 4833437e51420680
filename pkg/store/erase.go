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
	where string // condition of the rows about the subject
	// blank takes the subject out of the rows instead of the rows out of the
	// table: an assignment for each column.
	blank string
}

// traces are all tables that may name somebody: a route does where the path has
// a name in it.
func traces() []trace {
	const texts = "match(path, {word:String}) OR match(query, {word:String}) OR match(referer, {word:String}) OR match(forwarded_for, {word:String})"
	const named = "(match(subject, {word:String}) OR match(detail, {word:String}))"
	return []trace{
		{table: "events", where: "client_address IN {values:Array(String)} OR peer_address IN {values:Array(String)} OR principal IN {values:Array(String)}" +
			" OR user IN {values:Array(String)} OR session IN {values:Array(String)} OR application IN {values:Array(String)} OR " + texts},
		{table: "quarantine", where: "match(excerpt, {word:String})"},
		{table: "quarantine_outcomes", where: "match(excerpt, {word:String})"},
		{table: "findings", where: "actor IN {values:Array(String)} OR match(path, {word:String}) OR match(reason, {word:String})"},
		{table: "actors", where: "value IN {values:Array(String)}"},
		{table: "block_log", where: "target IN {values:Array(String)} OR match(reason, {word:String})"},
		{table: "discards", where: "actor IN {actors:Array(String)}"},
		{table: "traffic_1m", where: "match(route, {word:String})"},
		{table: "routes", where: "match(route, {word:String})"},
		{table: "baselines", where: "subject IN {values:Array(String)} OR match(subject, {word:String})"},
		{table: "audit", where: named + " OR address IN {values:Array(String)}", blank: "subject = if(" + named + ", 'erased', subject), detail = if(" +
			named + ", '', detail), address = if(address IN {values:Array(String)}, '', address)"},
	}
}

// Erase removes all rows about a subject; of what people did it removes the
// subject only. It returns once every node has done so, and counts again.
func (s *Store) Erase(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(eraseParameters(subject)), clickhouse.WithSettings(clickhouse.Settings{
		"mutations_sync": 2, "allow_nondeterministic_mutations": 1,
	}))
	var outcomes []erase.Outcome
	for _, t := range traces() {
		o, err := s.eraseFrom(ctx, t)
		outcomes = append(outcomes, o)
		if err != nil {
			return outcomes, fmt.Errorf("erase from table %s: %w", t.table, err)
		}
	}
	return outcomes, nil
}

func (s *Store) eraseFrom(ctx context.Context, t trace) (erase.Outcome, error) {
	o := erase.Outcome{Place: "store: " + t.table}
	count := func(n *uint64) error {
		return s.conn.QueryRow(ctx, "SELECT count() FROM "+s.shape().table(t.table)+" WHERE "+t.where).Scan(n)
	}
	if err := count(&o.Found); err != nil || o.Found == 0 {
		return o, err
	}
	alter := "ALTER TABLE " + s.shape().local(t.table) + " " + s.shape().onCluster()
	change := " DELETE WHERE "
	if t.blank != "" {
		change = " UPDATE " + t.blank + " WHERE "
	}
	// ClickHouse keeps the text of a hundred mutations, which names the
	// subject: a mutation that names nobody pushes it out.
	for _, statement := range []string{" MODIFY SETTING finished_mutations_to_keep = 1", change + t.where, " DELETE WHERE 0"} {
		if err := s.conn.Exec(ctx, alter+statement); err != nil {
			return o, err
		}
	}
	o.Note = "ClickHouse drops the old parts from the disk within minutes"
	return o, count(&o.Left)
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
	return clickhouse.Parameters{"values": arrayOf(values), "actors": arrayOf(actors), "word": wordExpression(subject)}
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
