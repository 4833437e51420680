package indicator

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func patterns(t testing.TB, feed string, confidence int, texts ...string) *List {
	t.Helper()
	var indicators []Indicator
	for _, text := range texts {
		indicators = append(indicators, Indicator{Kind: UserAgentPattern, Value: text, Confidence: confidence})
	}
	return list(t, feed, indicators...)
}

func TestUserAgent(t *testing.T) {
	s := merge(t, patterns(t, "a", 50, "bot", "ExampleBot", "^curl", "(?i)sqlmap", "[wW]get/[0-9]", "x{3}yyy", "foo|bar", `Current[\s\S]*Reader`),
		patterns(t, "b", 50, "ExampleBot"),
		list(t, "c", Indicator{Kind: UserAgent, Value: "curl/8", Confidence: 10}, Indicator{Kind: UserAgentPattern, Value: "gone", Until: seen}))
	agents := s.Agents()
	f := func(agent, want string) {
		t.Helper()
		for range 2 { // the second time from memory
			if got := said(agents.Find([]byte(agent), seen)); got != want {
				t.Errorf("%q: %s, want %s", agent, got, want)
			}
		}
	}
	f("Mozilla/5.0", "none")
	f("", "none")
	f("a bot", "bot a 50 of 1")
	f("a Bot", "none")
	f("some ExampleBot/2 bot", "ExampleBot a 50 of 2")
	f("curl/7", "^curl a 50 of 1")
	f("libcurl/7", "none")
	f("curl/8", "curl/8 c 10 of 1")
	f("it is SQLmap", "(?i)sqlmap a 50 of 1")
	f("it is \u017fqlmap", "(?i)sqlmap a 50 of 1")
	f("Wget/1.2", "[wW]get/[0-9] a 50 of 1")
	f("Wget", "none")
	f("a bar", "foo|bar a 50 of 1")
	f("Current RSS Reader", `Current[\s\S]*Reader a 50 of 1`)
	f("gone", "none")
	if got := said(agents.Find([]byte("gone"), seen.Add(-time.Second))); got != "gone c 0 of 1" {
		t.Errorf("what was not valid is remembered as unknown: %s", got)
	}
}

func TestPatternsThatCostTooMuch(t *testing.T) {
	for _, text := range []string{"..", "a.b", "[a-z]+", "(abc)?", "abc|", "(?i)kss", ".*", "ab"} {
		if _, err := patternKey(text); err == nil {
			t.Errorf("%q was taken: nothing of it can be looked for", text)
		}
	}
}

// TestPrefilterLosesNothing compares with trying every pattern.
func TestPrefilterLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const letters = "abkKsS/ (\u017f\u212a"
	word := func(n int) string {
		var s strings.Builder
		for range n {
			runes := []rune(letters)
			s.WriteRune(runes[r.IntN(len(runes))])
		}
		return s.String()
	}
	for range 300 {
		var texts []string
		for range 10 {
			text := regexp.QuoteMeta(word(3 + r.IntN(3)))
			switch r.IntN(6) {
			case 0:
				text = "(?i)" + text
			case 1:
				text = "^" + text
			case 2:
				text = text + "|" + regexp.QuoteMeta(word(3))
			case 3:
				text = "(" + text + ")+[ab]?" + regexp.QuoteMeta(word(1))
			}
			if _, err := patternKey(text); err == nil {
				texts = append(texts, text)
			}
		}
		s := merge(t, patterns(t, "a", 50, texts...))
		for range 50 {
			agent := word(r.IntN(12))
			want := false
			for _, text := range texts {
				want = want || regexp.MustCompile(text).MatchString(agent)
			}
			if _, got := s.UserAgent([]byte(agent), seen); got != want {
				t.Fatalf("%q by %q: %v, want %v", agent, texts, got, want)
			}
		}
	}
}

func BenchmarkUserAgent(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("testdata", "crawlers.json"))
	if err != nil {
		b.Fatal(err)
	}
	l, _ := Parse(Options{Seen: seen}, data)
	var texts []string
	for i := range 1500 {
		texts = append(texts, fmt.Sprintf("Crawl%xBot/", i*7919))
	}
	s := merge(b, l, patterns(b, "many", 50, texts...))
	agent := []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36")
	b.Run("fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.UserAgent(agent, seen)
		}
	})
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		agents := s.Agents()
		for b.Loop() {
			agents.Find(agent, seen)
		}
	})
}
