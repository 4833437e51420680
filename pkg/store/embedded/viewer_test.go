package embedded_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

const secretText = "correct horse battery staple"

// prepared starts an engine that holds something to look at, and something
// that nobody may see: a file with a secret beside the data.
func prepared(t *testing.T) (h *enginetest.Handle, viewer client, secret string) {
	h = enginetest.Start(t)
	service := serviceClient(t, h)
	service.want("CREATE TABLE events (a UInt64, s String) ENGINE = MergeTree ORDER BY a", "", "database", h.Database)
	service.want("INSERT INTO events SELECT number, 'x' FROM numbers(10)", "", "database", h.Database)
	service.want("CREATE TABLE default.private (a UInt64) ENGINE = MergeTree ORDER BY a", "")
	service.want("INSERT INTO default.private VALUES (4711)", "")
	secret = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(secretText), 0o600); err != nil {
		t.Fatal(err)
	}
	return h, viewerClient(t, h), secret
}

// TestViewerReads is what people and Grafana do.
func TestViewerReads(t *testing.T) {
	h, c, _ := prepared(t)
	c.want("SELECT count() FROM events", "10\n")
	c.want("SELECT count() FROM "+h.Database+".events WHERE a IN (SELECT a FROM events WHERE s LIKE 'x%')", "10\n")
	c.want("WITH t AS (SELECT max(a) AS m FROM events) SELECT m FROM t", "9\n")
	c.want("SELECT count() FROM events e JOIN (SELECT number AS a FROM numbers(5)) n USING a", "5\n")
	c.want("SELECT {n:UInt8}", "3\n", "param_n", "3")
	c.want("SELECT 1", "1\n", "max_execution_time", "60", "max_result_rows", "1000", "readonly", "1")
	c.want("SELECT getSetting('max_execution_time')", "60\n", "max_execution_time", "0")
	c.want("SELECT getSetting('max_execution_time')", "5\n", "max_execution_time", "5")
	c.want("SELECT name FROM system.databases WHERE name NOT ILIKE 'information%'", h.Database+"\n")
	c.want("SELECT name FROM system.tables WHERE database = '"+h.Database+"'", "events\n")
	c.want("SELECT name FROM system.columns WHERE database = '"+h.Database+"' AND table = 'events'", "a\ns\n")
	c.want("SELECT count() FROM system.named_collections", "0\n")
	c.want("SHOW TABLES", "events\n")
	c.want("SELECT 'INTO OUTFILE', 'file', 'SETTINGS x = 1'", "INTO OUTFILE\tfile\tSETTINGS x = 1\n")
	for _, query := range []string{"SELECT version()", "DESCRIBE TABLE events", "SHOW CREATE TABLE events", "EXPLAIN SELECT * FROM events"} {
		if got := c.post(query); got.status != http.StatusOK {
			t.Errorf("%s: %d %q", query, got.status, got.body)
		}
	}
}

// TestViewerCannotGetOut tries what a person with a grudge would.
func TestViewerCannotGetOut(t *testing.T) {
	h, c, secret := prepared(t)
	elsewhere := filepath.Join(h.DataDir, "db", "stolen")
	attempts := []string{
		// Files, by table function, scalar function and statement.
		"SELECT * FROM file('{secret}', 'LineAsString')",
		"SELECT * FROM `file`('{secret}', 'LineAsString')",
		"SELECT file('{secret}')",
		"SELECT `file`('{secret}')",
		`SELECT "file"('{secret}')`,
		"SELECT fi/**/le('{secret}')",
		"SELECT arrayMap(x -> file(x), ['{secret}'])",
		"SELECT arrayMap(file, ['{secret}'])",
		"SELECT * APPLY(file) FROM (SELECT '{secret}')",
		"SELECT COLUMNS('x') APPLY file FROM (SELECT '{secret}' AS x)",
		"WITH t AS (SELECT file('{secret}') AS f) SELECT f FROM t",
		"SELECT a FROM events WHERE s IN (SELECT file('{secret}'))",
		"SELECT (SELECT file('{secret}'))",
		"SELECT 1 UNION ALL SELECT length(file('{secret}'))",
		"SELECT * FROM events JOIN file('{secret}', 'CSV', 'a UInt64') f USING a",
		"SELECT * FROM view(SELECT file('{secret}'))",
		"SELECT * FROM merge(file('{secret}'), 'x')",
		"DESCRIBE TABLE file('{secret}')",
		"EXPLAIN SELECT file('{secret}')",
		"SELECT * FROM fileCluster('c', '{secret}', 'LineAsString')",
		"SELECT * FROM '{secret}'",
		"SELECT * FROM `{secret}`",
		"SELECT * FROM sqlite('{secret}', 't')",
		"SELECT catboostEvaluate('{secret}', 1)",
		"SELECT * FROM loop(file('{secret}', 'LineAsString')) LIMIT 1",
		"SELECT * FROM format(CSV, file('{secret}'))",
		"SELECT * FROM filesystem('{secret}')",
		"SELECT * FROM events INTO OUTFILE '{elsewhere}'",
		"SELECT 1 INTO/**/OUTFILE '{elsewhere}' TRUNCATE",
		"EXPLAIN SELECT 1 INTO OUTFILE '{elsewhere}'",
		"SHOW TABLES INTO OUTFILE '{elsewhere}'",
		"(SELECT 1) INTO OUTFILE '{elsewhere}'",
		"INSERT INTO FUNCTION file('{elsewhere}', 'CSV', 'a Int8') VALUES (1)",
		"INSERT INTO events FROM INFILE '{secret}' FORMAT CSV",
		"BACKUP TABLE events TO File('{elsewhere}')",
		// The network.
		"SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
		"SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
		"SELECT * FROM remote('127.0.0.1:1', system.one)",
		"SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
		"SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
		"SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a String')",
		"SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'CSV', 'a String')",
		"SELECT * FROM odbc('DSN=x', 'd', 't')",
		// Programs and what stands for them.
		"SELECT * FROM executable('id', 'TSV', 'a String')",
		"CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(PATH '{secret}' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
		"SELECT * FROM dictionary('d')",
		"CREATE FUNCTION f AS x -> file(x)",
		// Other databases and the engine's own affairs.
		"SELECT * FROM default.private",
		"SELECT * FROM merge('default', 'private')",
		"SELECT * FROM merge(REGEXP('.*'), 'private')",
		"SELECT a FROM events WHERE a IN default.private",
		"SELECT * FROM mergeTreeIndex('default', 'private')",
		"SELECT * FROM system.users",
		"SELECT * FROM system.grants",
		"SHOW CREATE TABLE default.private",
		"SHOW CREATE USER default",
		"USE default",
		// Changing things.
		"INSERT INTO events VALUES (1, 'x')",
		"CREATE TABLE t (a Int8) ENGINE = Memory",
		"CREATE TEMPORARY TABLE t (a Int8)",
		"CREATE VIEW v AS SELECT * FROM default.private",
		"ALTER TABLE events DELETE WHERE 1",
		"DROP TABLE events",
		"TRUNCATE TABLE events",
		"OPTIMIZE TABLE events",
		"RENAME TABLE events TO e",
		"KILL QUERY WHERE 1",
		"SYSTEM FLUSH LOGS",
		"SYSTEM SHUTDOWN",
		"CREATE USER u",
		// Rights and limits.
		"SET ROLE ALL",
		"SET ROLE honeymoat_service",
		"SET readonly = 0",
		"EXECUTE AS default",
		"SELECT 1 SETTINGS readonly = 0",
		"SELECT 1 SETTINGS max_execution_time = 0",
		"SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
		"SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
		// Two at once.
		"SELECT 1; SELECT * FROM default.private",
		"SELECT 1; SET ROLE ALL; SELECT * FROM default.private",
		"SELECT 1 /*! */; DROP TABLE events",
		"SELECT 1 -- \n; DROP TABLE events",
		"EXPLAIN AST SELECT 1; DROP TABLE events",
		"PARALLEL WITH SELECT 1",
		"SELECT '",
		"SELECT 1 /*",
		"\x00; DROP TABLE events",
	}
	replace := strings.NewReplacer("{secret}", secret, "{elsewhere}", elsewhere)
	for _, attempt := range attempts {
		got := c.post(replace.Replace(attempt))
		if got.status == http.StatusOK || strings.Contains(got.body, "__exception__") {
			t.Errorf("%s: %d %.200q", attempt, got.status, got.body)
		}
		if strings.Contains(got.body, secretText) {
			t.Errorf("%s: the secret is in the answer: %.200q", attempt, got.body)
		}
		if _, err := os.Stat(elsewhere); err == nil {
			t.Fatalf("%s: wrote a file", attempt)
		}
	}
	c.want("SELECT count() FROM events", "10\n")
	if len(attempts) < 25 {
		t.Errorf("only %d attempts", len(attempts))
	}
}

// TestViewerSettings come by URL, from a short list.
func TestViewerSettings(t *testing.T) {
	_, c, secret := prepared(t)
	for name, value := range map[string]string{
		"max_memory_usage": "0", "format_schema": secret, "format_template_row": secret, "allow_ddl": "1",
		"user_files_path": "/", "allow_introspection_functions": "1", "log_queries": "1", "max_rows_to_group_by": "0",
		"role_x": "1",
	} {
		if got := c.post("SELECT 1", name, value); got.status == http.StatusOK {
			t.Errorf("%s = %s was accepted", name, value)
		}
	}
	// What a URL may say beside settings gives no rights either.
	c.want("SELECT currentRoles()", "['honeymoat_viewer']\n", "role", "honeymoat_service")
	c.want("SELECT getSetting('readonly')", "1\n", "readonly", "0")
	c.refused("SELECT * FROM private", http.StatusForbidden, "497", "database", "default")
}

// TestSandbox shows that the kernel refuses even the service account what no
// grant governs.
func TestSandbox(t *testing.T) {
	h, _, secret := prepared(t)
	c := serviceClient(t, h)
	c.refused("SELECT file('"+secret+"')", http.StatusServiceUnavailable, "76")
	c.refused("SELECT file('/etc/passwd')", http.StatusServiceUnavailable, "76")
	c.refused("SELECT 1 INTO OUTFILE '"+filepath.Join(h.DataDir, "conf", "users.xml")+"' TRUNCATE", http.StatusNotImplemented, "48")
	c.refused("SELECT * FROM url('http://"+h.Addr+"/ping', 'LineAsString')", http.StatusForbidden, "497")
	status, err := os.ReadFile("/proc/" + pidOf(h) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(strings.Split(string(status), "\n"), func(l string) bool {
		return strings.HasPrefix(l, "NoNewPrivs:") && strings.HasSuffix(l, "1")
	}) {
		t.Error("the engine's process may gain privileges")
	}
}
