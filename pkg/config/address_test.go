package config

import "testing"

func TestURLsOfTheFront(t *testing.T) {
	f := func(listen string, names []string, local, public string) {
		t.Helper()
		a := API{Listen: listen, Names: names}
		if got := a.LocalURL(); got != local {
			t.Errorf("%s: local URL %s, want %s", listen, got, local)
		}
		if got := a.PublicURL(); got != public {
			t.Errorf("%s: public URL %s, want %s", listen, got, public)
		}
	}
	names := []string{"moat.example.net", "192.0.2.7"}
	f("127.0.0.1:8440", nil, "https://127.0.0.1:8440", "https://127.0.0.1:8440")
	f("192.0.2.7:8440", names, "https://192.0.2.7:8440", "https://192.0.2.7:8440")
	f("0.0.0.0:8440", nil, "https://localhost:8440", "https://localhost:8440")
	f("0.0.0.0:8440", names, "https://localhost:8440", "https://moat.example.net:8440")
	f("[::]:8440", names, "https://localhost:8440", "https://moat.example.net:8440")
	f(":8440", []string{"2001:db8::7"}, "https://localhost:8440", "https://[2001:db8::7]:8440")
}
