package respond

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/migrations"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// TestRowsHaveColumns: the store leaves out what it has no column for, without
// a word.
func TestRowsHaveColumns(t *testing.T) {
	entries, err := migrations.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var sql strings.Builder
	for _, e := range entries {
		text, err := migrations.Files.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		sql.Write(text)
	}
	f := func(table string, row any) {
		t.Helper()
		own := statementsOf(sql.String(), table)
		data, err := json.Marshal(row)
		var columns map[string]any
		if err != nil || json.Unmarshal(data, &columns) != nil {
			t.Fatalf("%s: %v", data, err)
		}
		for name := range columns {
			if !regexp.MustCompile(`\b` + name + ` +[A-Z]`).MatchString(own) {
				t.Errorf("the table %s has no column %s", table, name)
			}
		}
	}
	x := anomaly("a", epoch)
	x.Statistic.Until, x.Statistic.Parts = epoch, []finding.Part{{Kind: "address", Value: "192.0.2.7", Share: 1}}
	f("findings", rowOfFinding(&Evidence{Finding: x}, false, 0))
	f("actors", NewLedger(LedgerOptions{}).rowOfActor(&Actor{}, epoch))
}

// statementsOf gives what is said of a table.
func statementsOf(sql, table string) string {
	var own []string
	for _, statement := range strings.Split(sql, ";\n") {
		if strings.Contains(statement, `"`+table+`"`) {
			own = append(own, statement)
		}
	}
	return strings.Join(own, "\n")
}

func TestStatisticWithoutNumbers(t *testing.T) {
	x := anomaly("a", epoch)
	x.Statistic.Expected, x.Statistic.Upper, x.Statistic.Since = math.NaN(), math.Inf(1), time.Time{}
	row := rowOfFinding(&Evidence{Finding: x}, false, 0)
	if row.Expected != nil || row.Upper != nil || row.Since != nil || *row.Seen != 400 {
		t.Errorf("row is %+v", row.statisticRow)
	}
	if empty := rowOfStatistic(nil); empty != (statisticRow{}) {
		t.Errorf("no statistic is %+v", empty)
	}
}
