package accesslog

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func split(text string) ([]string, error) {
	var got []string
	err := SplitJSON([]byte(text), func(element []byte) error {
		got = append(got, string(element))
		return nil
	})
	return got, err
}

func TestSplitJSON(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		got, err := split(text)
		if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	f(`[]`)
	f(" [ ] \n")
	f(`[{"a":1}]`, `{"a":1}`)
	f(`[ {"a":"]},\""} , {"b":[{},[1,2]]},3 ,"x",null]`, `{"a":"]},\""}`, `{"b":[{},[1,2]]}`, `3`, `"x"`, `null`)
	f("[{\n \"a\": 1\n},\n{\n}]\n", "{\n \"a\": 1\n}", "{\n}")
	f(`{"a":1}`, `{"a":1}`)
	f("{\"a\":1}\n\n {\"b\":2}{}\n", `{"a":1}`, `{"b":2}`, `{}`)
}

func TestSplitJSONMistakes(t *testing.T) {
	f := func(text string, want error) {
		t.Helper()
		if got, err := split(text); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "x", `"x"`, "1", "<html>"} {
		f(text, ErrNotJSON)
	}
	for _, text := range []string{
		`[`, `[{`, `[{}`, `[{},`, `[{},]`, `[,{}]`, `[{} {}]`, `[{}}`, `[{}]]`, `[{}] x`, `{`, `{"a":"`, `{"a":1} ]`, `[{"a":1},{"b`,
		`[` + strings.Repeat("[", 10_000), `[:1]`,
	} {
		f(text, ErrBrokenArray)
	}
	stop := errors.New("enough")
	if err := SplitJSON([]byte(`[1,2]`), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// FuzzSplitJSON: what a strict reader takes for an array of values is cut
// into just these.
func FuzzSplitJSON(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"a":"\\\""},[1,-2e3],null,"]"]`, `{"a":1}{"b":2}`, `[{},`, `[{"a":{}}}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := split(string(text))
		var want []json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		if err != nil && strings.Count(string(text), "[")+strings.Count(string(text), "{") < maxNesting {
			t.Fatalf("%q: %v", text, err)
		}
		if err == nil && len(got) != len(want) {
			t.Fatalf("%q: %d elements, want %d", text, len(got), len(want))
		}
		for i := range got {
			if err == nil && got[i] != string(want[i]) {
				t.Fatalf("%q: element %d is %q, want %q", text, i, got[i], want[i])
			}
		}
	})
}

func BenchmarkSplitJSON(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"time":"2026-03-01T12:00:00Z","method":"GET","uri":"/shop/17?x=1","status":200,"user_agent":"Mozilla/5.0 (X11)"},`, 999) + "{}]")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := SplitJSON(text, func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
