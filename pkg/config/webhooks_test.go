package config

import (
	"strings"
	"testing"
	"time"
)

func TestWebhooks(t *testing.T) {
	s, err := ParseService("f.yaml", []byte(`
webhooks:
  - {name: soc, url: "https://soc.example.net/hook", secret_file: /etc/honeymoat/hook}
  - {name: chat, url: "http://127.0.0.1:9/x", secret_file: x, segments: [eu], events: [ended], batch: 5, timeout: 1s}
`))
	if err != nil {
		t.Fatal(err)
	}
	if soc := s.Webhooks[0]; soc.Batch != 100 || soc.Timeout != 10*time.Second {
		t.Errorf("%+v", soc)
	}
	if chat := s.Webhooks[1]; chat.Batch != 5 || chat.Events[0] != "ended" {
		t.Errorf("%+v", chat)
	}
}

func TestWebhooksMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ParseService("f.yaml", []byte("webhooks: ["+text+"]"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f(`{name: "A!", url: "https://x", secret_file: x}`, "name")
	f(`{name: a, url: "https://x", secret_file: x}, {name: a, url: "https://x", secret_file: x}`, "a second webhook")
	f(`{name: a, url: "x", secret_file: x}`, "no URL of a web server")
	f(`{name: a, url: "http://soc.example.net/x", secret_file: x}`, "could read along")
	f(`{name: a, url: "https://x"}`, "without a secret")
	f(`{name: a, url: "https://x", secret_file: x, events: [gone]}`, "events[0]")
	f(`{name: a, url: "https://x", secret_file: x, segments: ["A!"]}`, "segments[0]")
	f(`{name: a, url: "https://x", secret_file: x, batch: 2000}`, "batch")
	f(`{name: a, url: "https://x", secret_file: x, timeout: -1s}`, "timeout")
}
