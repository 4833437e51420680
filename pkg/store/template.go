package store

import (
	"fmt"
	"strings"
	"text/template"
)

// shape renders the one source of a migration for a single node or for a
// cluster.
type shape struct {
	database string
	cluster  string // empty: one node
}

// deduplicationWindow is how many of its latest inserts a table knows again.
// It is far more than can be in flight: one for a stream.
const deduplicationWindow = 10_000

func (s shape) funcs() template.FuncMap {
	return template.FuncMap{
		"database":             func() string { return quoteName(s.database) },
		"local":                s.local,
		"table":                s.table,
		"on_cluster":           s.onCluster,
		"engine":               s.engine,
		"distributed":          s.distributed,
		"deduplication_window": s.deduplicationWindow,
	}
}

// render fills in the placeholders of a file and cuts it into statements,
// which end with a semicolon at the end of a line.
func (s shape) render(name, source string) ([]string, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(s.funcs()).Parse(source)
	if err != nil {
		return nil, fmt.Errorf("migration %s: %w", name, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, nil); err != nil {
		return nil, fmt.Errorf("migration %s: %w", name, err)
	}
	var statements []string
	for _, part := range strings.Split(out.String()+"\n", ";\n") {
		if part = strings.TrimSpace(withoutComments(part)); part != "" {
			statements = append(statements, part)
		}
	}
	return statements, nil
}

// withoutComments drops whole comment lines, so that a statement which renders
// to nothing is nothing.
func withoutComments(sql string) string {
	var kept []string
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// table is what queries and inserts name.
func (s shape) table(name string) string { return quoteName(s.database) + "." + quoteName(name) }

// local is where a node's own data lie: beside the distributed table of a
// cluster, the table itself on a single node.
func (s shape) local(name string) string {
	if s.cluster == "" {
		return s.table(name)
	}
	return s.table(name + "_local")
}

func (s shape) onCluster() string {
	if s.cluster == "" {
		return ""
	}
	return "ON CLUSTER " + quoteName(s.cluster)
}

func (s shape) engine(name string, args ...string) string {
	if s.cluster != "" {
		name = "Replicated" + name
		args = append([]string{"'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'"}, args...)
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// distributed is the statement that makes the table over all nodes; key
// chooses the node of a row, always the same for a row that is sent again.
func (s shape) distributed(name, key string) string {
	if s.cluster == "" {
		return ""
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s %s AS %s ENGINE = Distributed(%s, %s, %s, %s)",
		s.table(name), s.onCluster(), s.local(name),
		quoteName(s.cluster), quoteName(s.database), quoteName(name+"_local"), key)
}

func (s shape) deduplicationWindow() string {
	if s.cluster == "" {
		return fmt.Sprintf("non_replicated_deduplication_window = %d", deduplicationWindow)
	}
	return fmt.Sprintf("replicated_deduplication_window = %d", deduplicationWindow)
}

func quoteName(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}
