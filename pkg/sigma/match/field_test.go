package match

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestEveryColumnOfTheSchemaIsAField(t *testing.T) {
	check := func(name string, c column) {
		t.Helper()
		f, ok := FieldOf(name)
		if own, known := f.own(); !ok || !known || own != c {
			t.Errorf("the column %s is no field", name)
		}
		if c.String() != name {
			t.Errorf("the column %s is called %s", name, c)
		}
	}
	for _, f := range event.TextFields() {
		check(f.String(), textColumn(f))
	}
	for _, f := range event.NumberFields() {
		check(f.String(), numberColumn(f))
	}
	for _, f := range event.AddrFields() {
		check(f.String(), addrColumn(f))
	}
}

func TestNamesOfFieldsAreTheirs(t *testing.T) {
	seen := map[string]string{}
	for _, info := range Fields() {
		if info.What == "" || info.Taxonomy == "" {
			t.Errorf("%s is not described", info.Name)
		}
		for _, name := range append([]string{info.Name}, info.Aliases...) {
			if other := seen[strings.ToLower(name)]; other != "" {
				t.Errorf("%s is a name of %s and %s", name, other, info.Name)
			}
			seen[strings.ToLower(name)] = info.Name
			if f, ok := FieldOf(strings.ToUpper(name)); !ok || f.Name() != info.Name || f.Known() != info.Known {
				t.Errorf("%s leads to %q", name, f.Name())
			}
		}
	}
	for c := range columnCount {
		if c.String() == "" {
			t.Errorf("column %d has no name", c)
		}
	}
	if f, ok := FieldOf("EventID"); ok || f.Known() || f.Name() != "" {
		t.Error("a field of other logs is known")
	}
}

func TestTextAndNumberOfFields(t *testing.T) {
	var b event.Batch
	b.Gateway, b.Format = "edge", "combined"
	b.SetString(event.Method, "GET")
	b.SetString(event.Host, "shop.example")
	b.SetString(event.Path, "/a/b%2Ephp")
	b.SetString(event.Query, "id=1' or '1'='1")
	b.SetString(event.Protocol, "HTTP/1.1")
	b.SetString(event.Tags, "a,b")
	b.SetString(event.Session, " 12.5 ")
	b.SetNumber(event.Status, 404)
	b.SetNumber(event.Duration, 1_500_000)
	b.SetNumber(event.Time, 1_760_104_536_250_000_000)
	b.SetAddr(event.ClientAddress, netip.MustParseAddr("::ffff:192.0.2.1"))
	b.Flag(event.NoBytes | event.BadRequest)
	b.EndRow()
	b.EndRow()
	f := func(name, text string, number float64) {
		t.Helper()
		field, _ := FieldOf(name)
		if got := string(field.Text(&b, 0, []byte("x"))); got != "x"+text {
			t.Errorf("%s is %q, want %q", name, got[1:], text)
		}
		if got, ok := field.Number(&b, 0); got != number && !(number == none && !ok) {
			t.Errorf("%s is %v, %v, want %v", name, got, ok, number)
		}
	}
	f("method", "GET", none)
	f("target", "/a/b%2Ephp?id=1' or '1'='1", none)
	f("c-uri", "/a/b%2Ephp?id=1' or '1'='1", none)
	f("url", "shop.example/a/b%2Ephp?id=1' or '1'='1", none)
	f("request_line", "GET /a/b%2Ephp?id=1' or '1'='1 HTTP/1.1", none)
	f("extension", "", none)
	f("tags", "a,b", none)
	f("session", " 12.5 ", 12.5)
	f("status", "404", 404)
	f("duration", "1500000", 1_500_000)
	f("time-taken", "1.5", 1.5)
	f("time", "2025-10-10T13:55:36.25Z", 1_760_104_536.25)
	f("date", "2025-10-10", 1_760_104_536.25)
	f("client_address", "192.0.2.1", none)
	f("quality", "no_bytes,bad_request", none)
	f("gateway", "edge", none)
	f("kind", "access", none)
	f("direction", "ingress", none)
	f("format", "combined", none)
	f("source", "", none)
	f("attack.query", "sqli", none)
	f("attack.path", "", none)
	f("cs-cookie", "", none)
	for _, info := range Fields() {
		field, _ := FieldOf(info.Name)
		own, known := field.own()
		if got := field.Text(&b, 1, nil); known && own.shape() != headerShape && len(got) > 0 {
			t.Errorf("%s of an empty row is %q", info.Name, got)
		}
	}
}

// none stands for no number.
const none = -1e300
