package sigma

import (
	"slices"
	"strings"
	"testing"
)

func TestParsePlaceholders(t *testing.T) {
	got, err := ParsePlaceholders(Source{"p.yml", []byte("# ours\nServers: [web1, 'web*']\nports:\n    - 80\none: alone\nnone: []\n")})
	if err != nil || len(got) != 4 || !slices.Equal(got["Servers"], []string{"web1", "web*"}) || got["ports"][0] != "80" || got["one"][0] != "alone" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParsePlaceholders(Source{"p.yml", nil}); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestParsePlaceholdersTellsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"- a\n":            "p.yml:1:1: placeholders are a list, not a map",
		"a: {b: c}\n":      "p.yml:1:5: a is a map, not a list",
		"a: [x, {b: c}]\n": "p.yml:1:9: an entry of a is a map, not text",
		"a: [x\n":          "p.yml:1:4: ",
	} {
		if _, err := ParsePlaceholders(Source{"p.yml", []byte(text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
