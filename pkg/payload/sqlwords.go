package payload

// sqlFunctions looks for calls and names of tables that nobody but an injection
// sends: those that wait, that raise an error with a text in it, that read files
// or catalogues.
func sqlFunctions(t *text) bool {
	if t.signs&(paren|strange|space|dot|at|under) == 0 {
		return false
	}
	for _, name := range sqlCalls {
		if n := t.wordIndex(name); n >= 0 && opensCall(t.low[n+len(name):]) {
			return true
		}
	}
	if !t.words(sqlNames...) {
		return false
	}
	return t.signs&(strange|paren|semicolon) != 0 && breaksOut(t) || t.words("select")
}

// opensCall tells whether v goes on with an argument in parentheses.
func opensCall(v []byte) bool {
	rest := skip(v, isSpace)
	return len(rest) > 1 && rest[0] == '(' && (len(rest) == len(v) || isDigit(rest[1]) || rest[1] == '\'' || rest[1] == '(')
}

var sqlCalls = []string{
	"pg_sleep", "benchmark", "extractvalue", "updatexml", "load_file", "xp_cmdshell", "xp_dirtree", "xp_regread",
	"dbms_pipe.receive_message", "dbms_lock.sleep", "dbms_utility.sqlid_to_sqlhash", "utl_inaddr.get_host_address",
	"utl_inaddr.get_host_name", "utl_http.request", "ctxsys.drithsx.sn", "randomblob", "generate_series",
	"group_concat", "xmltype", "regexp_substring", "make_set", "elt", "json_keys", "gtid_subset", "name_const",
	"procedure analyse", "iif", "crypt_key", "lo_import", "lo_export", "current_setting", "query_to_xml",
	"database_to_xml", "sys.fn_xe_file_target_read_file", "openrowset", "fn_trace_gettable",
}

var sqlNames = []string{
	"information_schema", "sysobjects", "syscolumns", "sysusers", "sys.tables", "sys.databases", "pg_catalog",
	"pg_shadow", "pg_user", "pg_tables", "sqlite_master", "sqlite_schema", "mysql.user", "all_tables", "all_users",
	"user_tables", "dba_users", "v$version", "v$instance", "sysibm.systables", "sysibm.sysdummy1", "rdb$database",
	"rdb$fields", "msysaccessobjects", "msysobjects", "master..", "@@version", "@@datadir", "@@hostname",
	"domain.tables",
}

// sqlStatements looks for statements and clauses that were put behind a value.
func sqlStatements(t *text) bool {
	return unionSelect(t) || wholeStatement(t) || subselect(t.low) || waits(t) || stacked(t) || clause(t)
}

// wholeStatement finds a value that is a statement by itself.
func wholeStatement(t *text) bool {
	v := skip(t.low, isClosing)
	if hasPrefix(v, "select ") {
		rest := skip(v[len("select "):], isSpace)
		return prefixed(rest, "* from ", "@@") || t.signs&semicolon != 0 && wordIndex(rest, "from") > 0
	}
	if t.signs&(semicolon|paren|strange) == 0 {
		return false
	}
	verb := leading(v, isWord)
	object := leading(skip(v[len(verb):], isSpace), isObject)
	return len(object) > 0 && string(verb) != "update" && string(verb) != "copy" && statement(string(verb), string(object))
}

// unionSelect finds union [all|distinct] [(]select.
func unionSelect(t *text) bool {
	if t.index("union") < 0 {
		return false
	}
	for v := t.low; ; {
		n := index(v, "union")
		if n < 0 {
			return false
		}
		inWord := n > 0 && (isLetter(v[n-1]) || v[n-1] == '_')
		v = v[n+len("union"):]
		if inWord {
			continue
		}
		rest := skip(v, isGap)
		for _, w := range [...]string{"all", "distinct", "distinctrow"} {
			if hasPrefix(rest, w) {
				rest = skip(rest[len(w):], isGap)
			}
		}
		if hasPrefix(rest, "select") && len(rest) < len(v) {
			return breaksOut(t) || selects(rest)
		}
	}
}

// isGap tells whether c may stand between two words of a statement.
func isGap(c byte) bool {
	return isSpace(c) || c == '(' || c == '/' || c == '*' || c == '!' || isDigit(c)
}

// selects tells whether a select goes on as one does rather than as a sentence:
// with a number, a call, a star, a quote, or with from behind it.
func selects(v []byte) bool {
	rest := v[len("select"):]
	if len(rest) == 0 || isWord(rest[0]) {
		return false
	}
	rest = skip(rest, isSpace)
	if len(rest) == 0 {
		return false
	}
	word := leading(rest, isWord)
	next := skip(rest[len(word):], isSpace)
	switch {
	case len(word) == 0:
		return rest[0] != '.' && rest[0] != ','
	case isDigit(word[0]), string(word) == "null", string(word) == "case" && wordIndex(next, "when") >= 0:
		return true
	case len(next) == 0:
		return false
	}
	return next[0] == '(' || next[0] == ',' && wordIndex(next, "from") >= 0 || next[0] == '@' ||
		hasPrefix(next, "from") && (index(next, "where ") > 0 || index(next, "--") > 0 || index(next, ")") > 0 || index(next, "limit ") > 0)
}

// subselect finds a select inside parentheses, or behind a statement's end.
func subselect(v []byte) bool {
	for from := 0; ; {
		n := wordIndex(v[from:], "select")
		if n < 0 {
			return false
		}
		i := from + n
		before := i
		for before > 0 && isSpace(v[before-1]) {
			before--
		}
		if before > 0 && (v[before-1] == '(' || v[before-1] == ';') && selects(v[i:]) {
			return true
		}
		from = i + len("select")
	}
}

// waits finds the statements that make a database wait.
func waits(t *text) bool {
	n := t.wordIndex("waitfor")
	if n >= 0 {
		rest := skip(t.low[n+len("waitfor"):], isGap)
		return hasPrefix(rest, "delay") || hasPrefix(rest, "time")
	}
	n = t.wordIndex("sleep")
	if n < 0 || !opensCall(t.low[n+len("sleep"):]) {
		return false
	}
	argument := skip(t.low[n+len("sleep"):], isGapNotDigit)
	return len(argument) > 0 && (isDigit(argument[0]) || argument[0] == '@') && (breaksOut(t) || t.words("and", "or", "select", "if"))
}

func isGapNotDigit(c byte) bool { return isSpace(c) || c == '(' }

// stacked finds a second statement behind a semicolon.
func stacked(t *text) bool {
	if t.signs&semicolon == 0 {
		return false
	}
	for v := t.low; ; {
		n := index(v, ";")
		if n < 0 {
			return false
		}
		v = skip(v[n+1:], isGapNotDigit)
		verb := leading(v, isWord)
		rest := skip(v[len(verb):], isSpace)
		if len(rest) < len(v)-len(verb) && statement(string(verb), string(leading(rest, isObject))) {
			return true
		}
		if len(verb) > 0 && len(rest) > 0 && string(verb) == "iif" && rest[0] == '(' {
			return true
		}
	}
}

func isObject(c byte) bool { return isWord(c) || c == '@' || c == '.' }

// statement tells whether a verb and the word behind it begin a statement.
func statement(verb, object string) bool {
	switch verb {
	case "drop", "alter", "create", "truncate":
		return object == "table" || object == "database" || object == "user" || object == "view" || object == "index" ||
			object == "procedure" || object == "function" || object == "login" || object == "schema"
	case "insert", "replace":
		return object == "into"
	case "delete":
		return object == "from"
	case "exec", "execute", "declare":
		return object != "" && (object[0] == '@' || len(object) > 2 && (object[:3] == "xp_" || object[:3] == "sp_") || len(object) > 6 && object[:6] == "master")
	case "shutdown":
		return object == "with" || object == ""
	case "waitfor":
		return object == "delay" || object == "time"
	case "grant", "revoke":
		return object == "all" || object == "select"
	case "copy", "update":
		return len(object) > 0
	}
	return false
}

// clause finds clauses that were put behind a value to see how a query reacts:
// order by 4--, group by … having, into outfile, limit … procedure.
func clause(t *text) bool {
	if t.has("into outfile", "into dumpfile") || t.has("case when ") && t.has(" then ") && t.words("end") && hasComparison(t.low) {
		return true
	}
	for _, c := range [...]string{"order by ", "group by ", "having ", "limit ", "rlike ", "regexp "} {
		n := t.index(c)
		if n < 1 || isWord(t.low[n-1]) {
			continue
		}
		if breaksOut(t) && (endsInComment(t.low) || hasComparison(t.low[n+len(c):]) && t.has("'", "\"", ")")) {
			return true
		}
		if n < 12 && startsNumber(t.low) && numberToEnd(t.low[n+len(c):]) {
			return c == "order by " || c == "having " || c == "group by "
		}
	}
	return false
}

func numberToEnd(v []byte) bool {
	return len(v) > 0 && len(skip(v, func(c byte) bool { return isDigit(c) || c == ' ' || c == ',' || c == '-' || c == '#' })) == 0
}
