package front

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// gate asks the engine's own parser what a viewer's text is, before it runs.
// Grants and readonly mode already keep a viewer to SELECT on one database;
// the gate closes what they do not cover:
//
//   - a statement that changes the session (SET ROLE would give the grants
//     back) or writes outside the engine (INTO OUTFILE);
//   - several statements in one text;
//   - SETTINGS inside a subquery, which readonly mode does not see;
//   - scalar functions that read files, which need no grant.
//
// It parses on the front's own session, where nothing of the text is run.
func (f *Front) gate(text string, params []libchdb.Param) error {
	f.control.mu.Lock()
	defer f.control.mu.Unlock()
	a, err := f.control.conn.Classify(text)
	if err != nil {
		return err
	}
	switch {
	case a.Statements > 1:
		return refuse(codeSyntaxError, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
	case a.Class == libchdb.Unknown:
		return f.explainRefusal(text)
	case a.Class != libchdb.ReadOnly:
		return refuse(codeAccessDenied, "ACCESS_DENIED",
			"%s: Not enough privileges. This account may only read: SELECT, SHOW, DESCRIBE, EXPLAIN", f.cfg.Viewer.User)
	}
	return f.checkTree(text, params)
}

// checkTree reads the statement's syntax tree, a node a line.
func (f *Front) checkTree(text string, params []libchdb.Param) error {
	r, err := f.control.conn.Query("EXPLAIN AST "+text, "TSVRaw", params...)
	if err != nil {
		return err
	}
	defer r.Free()
	for line := range strings.Lines(string(r.Bytes())) {
		if err := f.checkNode(strings.Fields(line)); err != nil {
			return err
		}
	}
	return nil
}

// filesByName are the functions that read files without needing a grant. The
// kernel's sandbox refuses them too, where there is one.
var filesByName = map[string]bool{"file": true, "catboostEvaluate": true}

// checkNode judges one node: its kind, and its name if it has one.
func (f *Front) checkNode(node []string) error {
	if len(node) == 0 {
		return nil
	}
	switch kind := node[0]; {
	case kind == "Set":
		return refuse(codeReadonly, "READONLY",
			"Cannot modify settings in readonly mode: %s may give settings in the URL only", f.cfg.Viewer.User)
	case kind == "ColumnsApplyTransformer":
		return f.denied("APPLY")
	case len(node) > 1 && kind == "Function" && filesByName[strings.Trim(node[1], "`\"")]:
		return f.denied("function " + node[1])
	case len(node) > 1 && kind == "Identifier" && filesByName[strings.Trim(node[1], "`\"")]:
		// Such a name can stand for the function: arrayMap(file, [...]).
		return refuse(codeAccessDenied, "ACCESS_DENIED",
			"%s: Not enough privileges. A bare %s may mean the function, which is not for this account; for a column write events.%[2]s",
			f.cfg.Viewer.User, node[1])
	}
	return nil
}

func (f *Front) denied(what string) error {
	return refuse(codeAccessDenied, "ACCESS_DENIED", "%s: Not enough privileges. The %s is not for this account", f.cfg.Viewer.User, what)
}

// explainRefusal turns a text that does not parse into the parser's own words.
func (f *Front) explainRefusal(text string) error {
	err := f.control.conn.Exec("SELECT formatQuery({q:String})", libchdb.Param{Name: "q", Value: text})
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), ": In scope SELECT formatQuery")
		return &libchdb.Error{Message: strings.TrimSuffix(reason, "(SYNTAX_ERROR)") + " (SYNTAX_ERROR)"}
	}
	return refuse(codeSyntaxError, "SYNTAX_ERROR", "Syntax error")
}
