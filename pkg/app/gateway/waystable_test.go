package gateway

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy"
	"github.com/honeymoat/honeymoat/pkg/enforce/nftables"
	"github.com/honeymoat/honeymoat/pkg/enforce/nginx"
	"github.com/honeymoat/honeymoat/pkg/enforce/wso2"
)

// holding tells what a way holds by itself, and where a person has told it how.
type holding struct {
	holds func(t block.Target, a block.Action) bool
	told  func(t block.Target, a block.Action) bool
}

func holdings() map[string]holding {
	return map[string]holding{
		"nginx-maps":   {nginx.FilesHold(nginx.DefaultScopes()), nginx.FilesHold(nginx.FileScopes())},
		"nginx-shared": {nginx.DictHolds(nginx.DefaultScopes()), nginx.DictHolds(nginx.FileScopes())},
		"haproxy-maps": {haproxy.Holds, haproxy.Holds},
		"nftables":     {nftables.Holds, nftables.Holds},
		// The names of users stand in a file.
		"wso2": {func(t block.Target, a block.Action) bool { return t.Scope() != block.ScopeUser && wso2.Holds(t, a) }, wso2.Holds},
	}
}

// cell is one of a table, by the text of its row and of its column.
type cell struct{ row, column, text string }

// tableOf reads the table under a heading of deploy/gateways/README.md.
func tableOf(t *testing.T, heading string) (cells []cell, rows []string) {
	t.Helper()
	text, err := os.ReadFile(gatewayFiles + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var columns []string
	for line := range strings.Lines(section) {
		fields := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range fields {
			fields[i] = strings.Trim(strings.TrimSpace(fields[i]), "`")
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			if len(rows) > 0 {
				return cells, rows
			}
		case columns == nil:
			columns = fields
		case !strings.HasPrefix(fields[0], "---"):
			rows = append(rows, fields[0])
			for i := 1; i < len(columns); i++ {
				cells = append(cells, cell{fields[0], columns[i], fields[i]})
			}
		}
	}
	t.Fatalf("there is no table under %q", heading)
	return nil, nil
}

// The documented tables say of each way what it really holds.
func TestTheTableOfScopesIsTrue(t *testing.T) {
	key := block.NewMatchKey([32]byte{1})
	cells, rows := tableOf(t, "On what")
	seen := map[block.Scope]bool{}
	for _, c := range cells {
		w, is := holdings()[c.column]
		if !is || c.row == rows[len(rows)-1] {
			continue
		}
		target, err := block.ParseTarget(hashed(key, c.row))
		if err != nil {
			t.Fatalf("%s: %v", c.row, err)
		}
		seen[target.Scope()] = true
		said := "no"
		switch {
		case w.holds(target, block.Deny):
			said = "yes"
		case w.told(target, block.Deny) && target.Scope() == block.ScopeUser:
			said = "listed²"
		case w.told(target, block.Deny):
			said = "named¹"
		}
		if c.text != said {
			t.Errorf("%s, %s: %q is said, %q is true", c.row, c.column, c.text, said)
		}
		if several := len(target.Criteria()) > 1; !several && w.told(target, block.Deny) != w.told(target.Exempt(), block.Allow) {
			t.Errorf("%s, %s: a block is held and its exemption is not, or the other way round", c.row, c.column)
		}
	}
	for _, s := range block.Scopes() {
		if !seen[s] {
			t.Errorf("the table says nothing of %s", s)
		}
	}
}

// hashed is a target as blocks have it: of secrets and users by a hash.
func hashed(key block.MatchKey, text string) string {
	for _, s := range []block.Scope{block.ScopeUser, block.ScopeKey, block.ScopeToken, block.ScopeSession} {
		if value, is := strings.CutPrefix(text, string(s)+":"); is {
			return string(s) + ":" + key.Hash(s, value)
		}
	}
	return text
}

func TestTheTableOfActionsIsTrue(t *testing.T) {
	cells, rows := tableOf(t, "With what action")
	if names := block.ActionNames(); !slices.Equal(slices.Sorted(slices.Values(rows)), slices.Sorted(slices.Values(names))) {
		t.Errorf("the table has %v, actions are %v", rows, names)
	}
	seen := map[string]bool{}
	for _, c := range cells {
		w, is := holdings()[c.column]
		if !is {
			continue
		}
		seen[c.column] = true
		var action block.Action
		if err := action.UnmarshalText([]byte(c.row)); err != nil {
			t.Fatal(err)
		}
		target, err := block.ParseTarget("192.0.2.7")
		if err != nil {
			t.Fatal(err)
		}
		if action == block.Allow {
			target = target.Exempt()
		}
		if holds := w.holds(target, action); holds == (c.text == "no") {
			t.Errorf("%s, %s: %q is said, held is %t", c.row, c.column, c.text, holds)
		}
	}
	if len(seen) != len(holdings()) {
		t.Errorf("the table has %v, ways are %v", seen, slices.Sorted(maps.Keys(holdings())))
	}
}
