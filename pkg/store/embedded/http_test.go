package embedded_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

func TestStatementsByHTTP(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	db := []string{"database", h.Database}

	c.want("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a", "", db...)
	c.want("INSERT INTO t VALUES (1, 'one'), (2, 'it''s')", "", db...)
	c.want("INSERT INTO t (a, s) FORMAT CSV\n3,three\n", "", db...)
	c.want("INSERT INTO t FORMAT JSONEachRow {\"a\": 4, \"s\": \"four\"}", "", db...)
	c.want("5\tfive\n", "", append(db, "query", "INSERT INTO t FORMAT TSV")...)
	c.want("INSERT INTO t SELECT 6, 'FORMAT CSV'", "", db...)
	c.want("SELECT a, s FROM t ORDER BY a", "1\tone\n2\tit\\'s\n3\tthree\n4\tfour\n5\tfive\n6\tFORMAT CSV\n", db...)
	c.want("SELECT count() FROM t FORMAT CSV", "6\n", db...)
	c.want("FROM t\nWHERE a < 3 SETTINGS max_threads = 1", "2\n", append(db, "query", "SELECT count()")...)
	c.want("SELECT 1 /* ; */ -- ; \n;", "1\n")
	c.want("SELECT 1 AS x", `{"x":1}`+"\n", "default_format", "JSONEachRow")
	c.want("SELECT getSetting('max_result_rows')", "7\n", "max_result_rows", "7")
	c.want("DESCRIBE TABLE t", "a\tUInt64\t\t\t\t\t\ns\tString\t\t\t\t\t\n", db...)
	c.want("EXISTS TABLE t", "1\n", db...)
}

func TestParameters(t *testing.T) {
	c := serviceClient(t, enginetest.Start(t))
	c.want("SELECT {n:UInt32} + 1", "42\n", "param_n", "41")
	c.want("SELECT {s:String} = concat('it', char(39), 's; DROP TABLE t')", "1\n", "param_s", "it's; DROP TABLE t")
	c.want("SELECT length({l:Array(String)})", "2\n", "param_l", "['a', 'b']")
	c.want("SELECT count() FROM {t:Identifier}", "1\n", "param_t", "one", "database", "system")
	c.refused("SELECT {n:UInt32}", http.StatusInternalServerError, "456")
}

func TestErrorsHaveClickHousesCodes(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	c.refused("SELEC 1", http.StatusBadRequest, "62")
	c.refused("SELECT 1; SELECT 2", http.StatusBadRequest, "62")
	c.refused("SELECT * FROM nowhere", http.StatusNotFound, "60")
	c.refused("SELECT nothing", http.StatusNotFound, "47")
	c.refused("SELECT nofunction(1)", http.StatusNotFound, "46")
	c.refused("SELECT 1", http.StatusNotFound, "81", "database", "nowhere")
	c.refused("SELECT 1", http.StatusNotFound, "115", "no_such_setting", "1")
	c.refused("SELECT 1", http.StatusNotFound, "115", "x = 1, readonly", "0")
	c.refused("SELECT 1 FORMAT Nonsense", http.StatusNotFound, "73")
	c.refused("SELECT toUInt8('x')", http.StatusBadRequest, "6")
	c.refused("SELECT sleep(3)", http.StatusRequestTimeout, "159", "max_execution_time", "0.2")
	c.refused("CREATE DATABASE other", http.StatusForbidden, "497")
	c.refused("SELECT 1", http.StatusNotImplemented, "48", "compress", "0", "query", "INSERT INTO x FROM INFILE '/etc/passwd'")
	got := c.refused("SELECT * FROM nowhere FORMAT JSON", http.StatusNotFound, "60")
	if !strings.Contains(got.body, "(UNKNOWN_TABLE)") || strings.Count(got.body, "DB::Exception") != 1 {
		t.Errorf("the error is not one sentence of ClickHouse: %q", got.body)
	}
}

func TestReadonlyByGET(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	got := c.do(http.MethodGet, "", nil, "query", "SELECT 1")
	if got.status != http.StatusOK || got.body != "1\n" {
		t.Errorf("SELECT by GET: %d %q", got.status, got.body)
	}
	got = c.do(http.MethodGet, "", nil, "query", "CREATE TABLE t (a Int8) ENGINE = Memory", "database", h.Database)
	if got.header.Get("X-ClickHouse-Exception-Code") != "164" {
		t.Errorf("CREATE by GET: %d %q, want code 164", got.status, got.body)
	}
}

func TestAuthentication(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)

	c.password = "wrong"
	c.refused("SELECT 1", http.StatusForbidden, "516")
	c.user, c.password = "nobody", h.Password
	c.refused("SELECT 1", http.StatusForbidden, "516")
	c.user, c.password = "viewer", ""
	c.refused("SELECT 1", http.StatusForbidden, "516")
	c.user = ""
	if got := c.refused("SELECT 1", http.StatusUnauthorized, "194"); got.header.Get("WWW-Authenticate") == "" {
		t.Error("no challenge without credentials")
	}
	c.want("SELECT 1", "1\n", "user", h.User, "password", h.Password)
	got := c.do(http.MethodPost, "SELECT 1", http.Header{
		"X-Clickhouse-User": {h.User}, "X-Clickhouse-Key": {h.Password},
	})
	if got.body != "1\n" {
		t.Errorf("by header: %d %q", got.status, got.body)
	}
}

func TestHeaders(t *testing.T) {
	c := serviceClient(t, enginetest.Start(t))
	got := c.post("SELECT number FROM numbers(3) FORMAT JSONEachRow", "query_id", "my-query", "wait_end_of_query", "1")
	for name, want := range map[string]string{
		"X-ClickHouse-Query-Id": "my-query",
		"X-ClickHouse-Format":   "JSONEachRow",
		"X-ClickHouse-Timezone": "Etc/UTC",
		"Content-Type":          "application/x-ndjson; charset=UTF-8",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got.header.Get("X-ClickHouse-Server-Display-Name") == "" {
		t.Error("no display name")
	}
	var summary map[string]string
	if err := json.Unmarshal([]byte(got.header.Get("X-ClickHouse-Summary")), &summary); err != nil || summary["result_rows"] != "3" {
		t.Errorf("summary %q: %v", got.header.Get("X-ClickHouse-Summary"), err)
	}
}

func TestHealth(t *testing.T) {
	h := enginetest.Start(t)
	for path, want := range map[string]string{"ping": "Ok.\n", "": "Ok.\n", "replicas_status": "Ok.\n"} {
		req, err := http.NewRequest(http.MethodGet, h.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := send(t, req); got.status != http.StatusOK || got.body != want {
			t.Errorf("/%s: %d %q", path, got.status, got.body)
		}
	}
	req, err := http.NewRequest(http.MethodGet, h.URL()+"play", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(t, req); got.status != http.StatusNotFound {
		t.Errorf("/play: %d", got.status)
	}
}

// TestContentEncodings sends and receives a body in each encoding.
func TestContentEncodings(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	c.want("CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY s", "", "database", h.Database)
	line := strings.Repeat("a line that repeats ", 1000) + "\n"
	encoders := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"lz4":     func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) },
		"zstd": func(w io.Writer) io.WriteCloser {
			enc, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return enc
		},
	}
	for name, encode := range encoders {
		var packed bytes.Buffer
		w := encode(&packed)
		if _, err := io.WriteString(w, line); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := c.do(http.MethodPost, packed.String(), http.Header{"Content-Encoding": {name}},
			"query", "INSERT INTO "+h.Database+".t FORMAT TSV")
		if got.status != http.StatusOK {
			t.Errorf("%s in: %d %q", name, got.status, got.body)
		}
		got = c.do(http.MethodPost, "SELECT s FROM "+h.Database+".t LIMIT 1", http.Header{"Accept-Encoding": {name}})
		if got.header.Get("Content-Encoding") != name || len(got.body) >= len(line) {
			t.Errorf("%s out: %d bytes as %q", name, len(got.body), got.header.Get("Content-Encoding"))
		}
		if text := unpack(t, name, got.body); text != line {
			t.Errorf("%s out: %d bytes unpacked, want %d", name, len(text), len(line))
		}
	}
	c.want("SELECT count() FROM t WHERE s = {s:String}", "5\n", "database", h.Database, "param_s", strings.TrimSpace(line)+" ")
	got := c.do(http.MethodPost, "x", http.Header{"Content-Encoding": {"snappy"}}, "query", "INSERT INTO t FORMAT TSV")
	if got.header.Get("X-ClickHouse-Exception-Code") != "48" {
		t.Errorf("unknown encoding: %d %q", got.status, got.body)
	}
}

func unpack(t *testing.T, encoding, packed string) string {
	t.Helper()
	r, err := decoder(encoding, strings.NewReader(packed))
	if err != nil {
		t.Fatal(encoding, err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(encoding, err)
	}
	return string(b)
}

func decoder(encoding string, r io.Reader) (io.Reader, error) {
	switch encoding {
	case "gzip":
		return gzip.NewReader(r)
	case "deflate":
		return zlib.NewReader(r)
	case "br":
		return brotli.NewReader(r), nil
	case "lz4":
		return lz4.NewReader(r), nil
	case "zstd":
		return zstd.NewReader(r)
	}
	return nil, fmt.Errorf("unknown encoding %q", encoding)
}

// TestFormatsAreWhole reads many blocks in formats that are streamed and in
// formats that are not: every row once, framed once.
func TestFormatsAreWhole(t *testing.T) {
	c := serviceClient(t, enginetest.Start(t))
	const rows = 200_000
	query := fmt.Sprintf("SELECT number AS n FROM numbers(%d)", rows)
	for _, format := range []string{"TSV", "CSV", "JSONEachRow", "Values"} {
		got := c.post(query+" FORMAT "+format, "max_block_size", "5000")
		if n := strings.Count(got.body, lineEnd(format)); n != rows {
			t.Errorf("%s: %d rows, want %d", format, n, rows)
		}
	}
	var doc struct {
		Data [][]any
		Rows int
	}
	got := c.post(query+" FORMAT JSONCompact", "max_block_size", "5000")
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil || doc.Rows != rows || len(doc.Data) != rows {
		t.Errorf("JSONCompact: %d rows, says %d: %v", len(doc.Data), doc.Rows, err)
	}
	for _, format := range []string{"CSVWithNames", "TSVWithNames"} {
		if got = c.post(query+" FORMAT "+format, "max_block_size", "5000"); strings.Count(got.body, "n") != strings.Count(got.body[:3], "n") {
			t.Errorf("%s: more than one header", format)
		}
	}
	got = c.post("SELECT number AS n FROM numbers(70000) FORMAT JSONObjectEachRow", "max_block_size", "5000")
	if !strings.Contains(got.body, `"row_70000"`) {
		t.Error("JSONObjectEachRow counts rows anew in each block")
	}
	if got = c.post(query + " FORMAT Parquet"); !strings.HasPrefix(got.body, "PAR1") || !strings.HasSuffix(got.body, "PAR1") {
		t.Errorf("Parquet: %d bytes, not one file", len(got.body))
	}
	if got = c.post("SELECT 1 WHERE 0 FORMAT JSON"); !json.Valid([]byte(got.body)) {
		t.Errorf("empty JSON: %q", got.body)
	}
}

func lineEnd(format string) string {
	if format == "Values" {
		return ")"
	}
	return "\n"
}

// TestLateError is one after the first rows went out: the status says nothing
// any more, so the body ends with a marked exception.
func TestLateError(t *testing.T) {
	c := serviceClient(t, enginetest.Start(t))
	const query = "SELECT throwIf(number = 200000) FROM numbers(300000)"
	got := c.post(query, "max_block_size", "1000")
	tag := got.header.Get("X-ClickHouse-Exception-Tag")
	if got.status != http.StatusOK || !strings.Contains(got.body, "\r\n__exception__\r\n"+tag+"\r\nCode: 395.") ||
		!strings.HasSuffix(got.body, " "+tag+"\r\n__exception__\r\n") {
		t.Errorf("late error: %d ... %q", got.status, got.body[max(0, len(got.body)-300):])
	}
	c.refused(query, http.StatusInternalServerError, "395", "max_block_size", "1000", "wait_end_of_query", "1")
}

func TestNamedSession(t *testing.T) {
	c := serviceClient(t, enginetest.Start(t))
	in := []string{"session_id", "s1"}
	c.want("CREATE TEMPORARY TABLE kept (a Int8)", "", in...)
	c.want("INSERT INTO kept VALUES (5)", "", in...)
	c.want("SELECT a FROM kept", "5\n", in...)
	c.refused("SELECT a FROM kept", http.StatusNotFound, "60", "session_id", "s2")
	c.refused("SELECT a FROM kept", http.StatusNotFound, "60")
	c.refused("SELECT 1", http.StatusInternalServerError, "372", "session_id", "s3", "session_check", "1")
}
