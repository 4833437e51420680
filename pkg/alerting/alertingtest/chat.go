package alertingtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Message is a request as a chat or an on-call service gets it.
type Message struct {
	Path          string
	Authorization string
	Body          string // JSON
}

// ChatSink stands in for Slack, Teams, PagerDuty and Opsgenie.
type ChatSink struct {
	server *httptest.Server
	got    *queue[Message]
}

// NewChatSink starts a sink that ends with the test. It takes everything.
func NewChatSink(tb testing.TB) *ChatSink {
	s := &ChatSink{got: newQueue[Message]()}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.server.Close)
	return s
}

func (s *ChatSink) serve(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.got.put(Message{Path: r.URL.Path, Authorization: r.Header.Get("Authorization"), Body: body.String()})
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "ok") // Slack's word for taken; the others do not read it
}

// Next gives the oldest message that no call has given yet. It waits up to
// a minute for one, then fails the test.
func (s *ChatSink) Next(tb testing.TB) Message {
	tb.Helper()
	return s.got.next(tb, "message", every)
}

// ExampleWith is ExampleConfig with a receiver of deploy/alertmanager/receivers
// in place of the one of its name, and whoever is behind it played by s.
func ExampleWith(tb testing.TB, r Receivers, receiver string, s *ChatSink) string {
	tb.Helper()
	snippet := readExample(tb, filepath.Join("receivers", receiver+".yml"))
	dir := tb.TempDir()
	return writeConfig(tb, dir, replaceReceiver(tb, adapted(tb, r, dir), pointAt(tb, snippet, dir, s)))
}

// pointAt has the snippet's secrets in files of the test and its requests go
// to the sink: a URL where the secret is one, else by the key for the service's
// own address.
func pointAt(tb testing.TB, snippet, dir string, s *ChatSink) string {
	tb.Helper()
	for _, file := range regexp.MustCompile(`/etc/honeymoat/secrets/(\w+)`).FindAllStringSubmatch(snippet, -1) {
		secret := "secret-of-the-test"
		if strings.HasSuffix(file[1], "_url") {
			secret = s.server.URL + "/hook"
		}
		snippet = strings.ReplaceAll(snippet, file[0], writeSecret(tb, dir, file[1], secret))
	}
	for kind, key := range map[string]string{"pagerduty_configs": "url", "opsgenie_configs": "api_url"} {
		snippet = strings.Replace(snippet, kind+":\n    - ", kind+":\n    - "+key+": "+s.server.URL+"/\n      ", 1)
	}
	return snippet
}

// replaceReceiver puts a snippet in the place of the receiver of its name.
func replaceReceiver(tb testing.TB, config, snippet string) string {
	tb.Helper()
	name := regexp.MustCompile(`(?m)^- name: (\S+)$`).FindStringSubmatch(snippet)
	if name == nil {
		tb.Fatalf("no receiver is named in\n%s", snippet)
	}
	start := strings.Index(config, "  - name: "+name[1]+"\n")
	if start < 0 {
		tb.Fatalf("the example configuration has no receiver %s", name[1])
	}
	end := len(config)
	if next := regexp.MustCompile(`(?m)^  - name: `).FindStringIndex(config[start+1:]); next != nil {
		end = start + 1 + next[0]
	}
	indented := "  " + strings.ReplaceAll(strings.TrimRight(snippet, "\n"), "\n", "\n  ") + "\n"
	return config[:start] + indented + config[end:]
}
