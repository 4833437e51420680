package embedded

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// A receiver that never answers must not keep the service from stopping.

func TestStopWhileAWebhookIsSilent(t *testing.T) {
	asked, release := make(chan struct{}, 1), make(chan struct{})
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer sink.Close()
	defer close(release)
	stopWhileSilent(t, `webhook_configs: [{url: '`+sink.URL+`'}]`, asked)
}

func TestStopWhileAMailServerIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked := make(chan struct{}, 1)
	connections := make(chan net.Conn, 1)
	go func() {
		if c, err := listener.Accept(); err == nil {
			connections <- c
			asked <- struct{}{}
		}
	}()
	stopWhileSilent(t, `email_configs: [{to: soc@example.org, from: moat@example.org, require_tls: false, smarthost: '`+listener.Addr().String()+`'}]`, asked)
	(<-connections).Close() // ends what was abandoned
}

// stopWhileSilent stops an instance after its receiver was asked.
func stopWhileSilent(t *testing.T, receiver string, asked <-chan struct{}) {
	t.Helper()
	config := strings.Join([]string{
		"route: {receiver: silent, group_wait: 1ms}",
		"receivers:",
		"  - name: silent",
		"    " + receiver,
	}, "\n")
	file := filepath.Join(t.TempDir(), "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newInstance(t, Options{ConfigFile: file}, prometheus.NewRegistry())
	stop := run(t, a)
	raise(t, a, `"alertname":"A"`)
	<-asked
	stop()
}
