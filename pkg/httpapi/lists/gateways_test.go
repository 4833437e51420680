package lists

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	intelligence "github.com/honeymoat/honeymoat/pkg/indicator"
)

// crowd is a blocklist with all that a list of addresses may hold.
func crowd(t *testing.T) *blocklist {
	t.Helper()
	exempt := on(t, "2001:db8:0:1::/64", 3)
	exempt.Target, exempt.Action = exempt.Target.Exempt(), block.Allow
	again := on(t, "192.0.2.7", 9)
	again.Segment = "eu" // and in all
	return newBlocklist(on(t, "192.0.2.7", 1), on(t, "198.51.100.0/30", 2), exempt, on(t, "2001:db8::/32", 4), on(t, "2001:db9::1", 5),
		on(t, "user_agent:a'b\\c \"d\"\u00e9", 6), on(t, "network:AS64500", 7), on(t, "192.0.2.8 & user_agent:x", 8), again)
}

// saved writes a list to a file.
func saved(t *testing.T, l *blocklist, name string) string {
	t.Helper()
	_, body := get(t, serve(t, l).URL+"/"+name)
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func check(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
}

func TestNginxTakesTheList(t *testing.T) {
	list := saved(t, crowd(t), "eu.nginx")
	dir := filepath.Dir(list)
	conf := filepath.Join(dir, "nginx.conf")
	text := "pid " + dir + "/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n\taccess_log off;\n\tinclude " + list + ";\n\tserver { listen unix:" + dir + "/socket; }\n}\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "nginx", "-t", "-e", "stderr", "-p", dir, "-c", conf)
}

func TestHAProxyTakesTheMap(t *testing.T) {
	list := saved(t, crowd(t), "eu.haproxy")
	conf := filepath.Join(filepath.Dir(list), "haproxy.cfg")
	text := "defaults\n\tmode http\n\ttimeout client 1s\n\ttimeout connect 1s\n\ttimeout server 1s\nfrontend web\n\tbind 127.0.0.1:1\n" +
		"\thttp-request set-var(txn.block) src,map_ip(" + list + ")\n\thttp-request deny if { var(txn.block) -m found }\n\thttp-request deny if { src,map_ip(" + list + ") -m found }\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "haproxy", "-c", "-f", conf)
}

// required are the properties that section 4.7 of STIX 2.1 asks of an
// indicator.
var required = []string{"type", "spec_version", "id", "created", "modified", "pattern", "pattern_type", "valid_from"}

// TestIndicatorsAreThoseOfTheStandard: properties as it says, and patterns that
// our own reader of its grammar takes, but for those that name several things.
func TestIndicatorsAreThoseOfTheStandard(t *testing.T) {
	_, body := get(t, serve(t, crowd(t)).URL+"/eu.stix")
	var bundle struct {
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal([]byte(body), &bundle); err != nil {
		t.Fatal(err)
	}
	ids := map[any]bool{}
	for _, o := range bundle.Objects {
		for _, name := range required {
			if text, _ := o[name].(string); text == "" {
				t.Errorf("%v lacks %s", o, name)
			}
		}
		for _, name := range []string{"created", "modified", "valid_from", "valid_until"} {
			text, _ := o[name].(string)
			if _, err := time.Parse(time.RFC3339Nano, text); err != nil || !strings.HasSuffix(text, "Z") {
				t.Errorf("%s %q: %v", name, text, err)
			}
		}
		if o["modified"].(string) < o["created"].(string) || o["valid_until"].(string) <= o["valid_from"].(string) || ids[o["id"]] {
			t.Errorf("%v", o)
		}
		ids[o["id"]] = true
	}
	list, report := intelligence.Parse(intelligence.Options{Feed: "own", Format: intelligence.STIX, Confidence: 50, Seen: clock}, []byte(body))
	var values []string
	for i := range list.Len() {
		values = append(values, list.At(i).Value)
	}
	for _, want := range []string{"192.0.2.7", "198.51.100.0/30", "2001:db9::1", "a'b\\c \"d\"\u00e9"} {
		if !slices.Contains(values, want) {
			t.Errorf("read again, %q is not among %q (%+v)", want, values, report)
		}
	}
	if slices.Contains(values, "2001:db8:0:1::/64") || slices.Contains(values, "192.0.2.8") {
		t.Errorf("read again are %q", values)
	}
}

// TestABundleOfNothing: lists are never empty in STIX.
func TestABundleOfNothing(t *testing.T) {
	_, body := get(t, serve(t, newBlocklist()).URL+"/eu.stix")
	var bundle map[string]any
	if err := json.Unmarshal([]byte(body), &bundle); err != nil || len(bundle) != 2 || bundle["type"] != "bundle" {
		t.Errorf("%v %s", err, body)
	}
}

// TestTheSameStateIsTheSameBytes: the tag is a strong one, also when the list
// is written anew.
func TestTheSameStateIsTheSameBytes(t *testing.T) {
	l := crowd(t)
	for _, f := range Formats() {
		one, body := get(t, serve(t, l).URL+"/eu."+string(f))
		other, again := get(t, serve(t, l).URL+"/eu."+string(f))
		if body != again || one.Header.Get("ETag") != other.Header.Get("ETag") || one.StatusCode != http.StatusOK {
			t.Errorf("%s: %s\n%s", f, body, again)
		}
	}
}

// TestASpreadsheetTakesNothingForAFormula, whoever wrote a target or a reason.
func TestASpreadsheetTakesNothingForAFormula(t *testing.T) {
	var blocks []block.Block
	for i, start := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		b := on(t, "192.0.2.1", block.ID(i+1))
		b.Reason, b.Rule = start+`cmd|' /C calc'!A0`, start+"x"
		blocks = append(blocks, b)
	}
	blocks = append(blocks, on(t, "user_agent:=HYPERLINK(1)", 99))
	_, body := get(t, serve(t, newBlocklist(blocks...)).URL+"/all.csv")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != len(blocks)+1 {
		t.Fatal(err, len(rows))
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.ContainsRune("=+-@\t\r\n＝＋－＠", append([]rune(cell), '.')[0]) {
				t.Errorf("a cell begins as a formula does: %q", cell)
			}
		}
		if strings.HasSuffix(row[8], "A0") && row[8][0] != '\'' {
			t.Errorf("the reason is %q", row[8])
		}
	}
}
