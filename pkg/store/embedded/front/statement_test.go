package front

import "testing"

func TestParseInsert(t *testing.T) {
	f := func(in, text, format, data string) {
		t.Helper()
		st := parseStatement(in)
		if !st.insert || st.text != text || st.format != format || st.data != data {
			t.Errorf("%q\n got %+v\nwant text %q, format %q, data %q", in, st, text, format, data)
		}
	}
	f("INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t ", "CSV", "1,2\n")
	f("INSERT INTO t FORMAT Native", "INSERT INTO t ", "Native", "")
	f("insert into t (a, b) format TSV\r\n1\t2", "insert into t (a, b) ", "TSV", "1\t2")
	f("INSERT INTO t FORMAT JSONEachRow {\"a\":1}", "INSERT INTO t ", "JSONEachRow", "{\"a\":1}")
	f("INSERT INTO t VALUES (1), ('FORMAT CSV')", "INSERT INTO t ", "Values", " (1), ('FORMAT CSV')")
	f("INSERT INTO t (`values`, \"format\") VALUES (1)", "INSERT INTO t (`values`, \"format\") ", "Values", " (1)")
	f("INSERT INTO TABLE format FORMAT CSV\n1", "INSERT INTO TABLE format ", "CSV", "1")
	f("INSERT INTO d.values VALUES (1)", "INSERT INTO d.values ", "Values", " (1)")
	f("INSERT INTO t", "INSERT INTO t", "Values", "")
	f("INSERT INTO t (a);\n", "INSERT INTO t (a)", "Values", "")
	f("-- FORMAT x\n/* VALUES */ INSERT INTO t /* SELECT */ FORMAT CSV\n-- data", "-- FORMAT x\n/* VALUES */ INSERT INTO t /* SELECT */ ", "CSV", "-- data")
	f("INSERT INTO t SETTINGS async_insert = 0 FORMAT CSV\n\n1", "INSERT INTO t SETTINGS async_insert = 0 ", "CSV", "\n1")
}

func TestParseOther(t *testing.T) {
	f := func(in string, stream, reads bool, format string) {
		t.Helper()
		st := parseStatement(in)
		if st.insert || st.text != in || st.stream != stream || st.reads != reads || st.format != format {
			t.Errorf("%q: got %+v, want stream %v, reads %v, format %q", in, st, stream, reads, format)
		}
	}
	f("", false, false, "")
	f("SELECT 1", true, true, "")
	f("select 1 format JSON", true, true, "JSON")
	f("SELECT 'x FORMAT y' FORMAT CSV SETTINGS a = 1", true, true, "CSV")
	f("SELECT formatRow('CSV', 1), (SELECT 1 AS format)", true, true, "")
	f("(SELECT 1) UNION ALL SELECT 2", true, true, "")
	f("WITH 1 AS x SELECT x", true, true, "")
	f("SHOW TABLES FORMAT TSV", false, true, "TSV")
	f("CREATE TABLE t (a Int8) ENGINE = Memory", false, false, "")
	f("INSERT INTO t SELECT 1", false, false, "")
	f("INSERT INTO t (a) WITH 1 AS x SELECT x", false, false, "")
}

func TestInfileIsSeen(t *testing.T) {
	if st := parseStatement("INSERT INTO t FROM INFILE 'x' FORMAT CSV"); !st.infile || st.insert {
		t.Errorf("%+v", st)
	}
}

// FuzzParseStatement checks that a text is never altered: what the engine gets
// and the data behind it are pieces of what the client sent.
func FuzzParseStatement(f *testing.F) {
	for _, seed := range []string{"", "'", "INSERT INTO t FORMAT CSV\n1", "SELECT '\\", "/*", "--", "INSERT", "INSERT INTO `", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		st := parseStatement(text)
		if len(st.text)+len(st.data) > len(text) {
			t.Errorf("%q grew into %+v", text, st)
		}
		if st.text != text[:len(st.text)] || st.data != text[len(text)-len(st.data):] {
			t.Errorf("%q was altered: %+v", text, st)
		}
	})
}
