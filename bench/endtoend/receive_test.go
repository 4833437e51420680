package endtoend

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// source is one log in a list of sources, with any of its keys.
type source map[string]any

const nginxBySyslog = `
daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
    client_body_temp_path %[1]s/tmp;
    proxy_temp_path %[1]s/tmp;
    fastcgi_temp_path %[1]s/tmp;
    uwsgi_temp_path %[1]s/tmp;
    scgi_temp_path %[1]s/tmp;
    server {
        listen %[2]s;
        access_log syslog:server=%[3]s,tag=nginx combined;
        location / { return 200 "ok"; }
    }
}
`

const haproxyBySyslog = `
global
    log %[2]s local0
    log ring@stream local0
ring stream
    format rfc5424
    maxlen 4096
    size 65536
    timeout connect 5s
    timeout server 10s
    server honeymoat %[3]s log-proto octet-count
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend web
    bind %[1]s
    http-request return status 200 content-type text/plain string ok
`

// TestGatewaysLogBySyslog: Debian's nginx and HAProxy send their logs, by UDP
// and, in the form of RFC 5424, by TCP. Every request is stored.
func TestGatewaysLogBySyslog(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	var nginx, haproxy, fromNginx, packets, stream string
	for _, a := range []*string{&nginx, &haproxy, &fromNginx, &packets, &stream} {
		var err error
		*a, err = p.Address()
		p.must(err)
	}
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{"sources": []source{
		{"name": "nginx", "format": "combined", "syslog": []string{"udp://" + fromNginx}},
		{"name": "haproxy-udp", "format": "haproxy", "syslog": []string{"udp://" + packets}},
		{"name": "haproxy-tcp", "format": "haproxy", "syslog": []string{"tcp://" + stream}},
	}})
	p.must(err)
	for _, address := range []string{fromNginx, packets, stream} {
		p.eventually("syslog is listening", func(context.Context) error { return p.service.Said("at=" + address) })
	}
	_, err = p.Server(p.deadline(), "plain-nginx", nginx, fmt.Sprintf(nginxBySyslog, t.TempDir(), nginx, fromNginx), "nginx", "-e", "stderr", "-c")
	p.must(err)
	_, err = p.Server(p.deadline(), "haproxy", haproxy, fmt.Sprintf(haproxyBySyslog, haproxy, packets, stream), "haproxy", "-db", "-f")
	p.must(err)
	const requests = 60
	for n := range requests {
		for _, gateway := range []string{nginx, haproxy} {
			p.must(fetch(p.deadline(), fmt.Sprintf("http://%s/page/%d", gateway, n)))
		}
	}
	for _, name := range []string{"nginx", "haproxy-udp", "haproxy-tcp"} {
		p.stored("source = '"+name+"' AND path LIKE '/page/%' AND client_address = '127.0.0.1' AND status = 200", requests)
	}
}

func fetch(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

// pusher sends records to the front as a gateway does: again, until they are
// accepted.
type pusher struct {
	url, token string
	client     *http.Client
}

func newPusher(p *play, source string) *pusher {
	p.Helper()
	token, err := p.service.Tool(p.deadline(), "tokens", "add", "pusher", "--role", "ingest", "--source", source)
	p.must(err)
	p.must(p.service.Reload())
	ca, err := os.ReadFile(filepath.Join(p.service.DataDir, "ca.pem"))
	p.must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 8}}
	p.Cleanup(client.CloseIdleConnections)
	return &pusher{url: "https://" + p.service.Address + "/api/v1/ingest?source=" + source, token: strings.TrimSpace(token), client: client}
}

// push sends once.
func (u *pusher) push(ctx context.Context, records string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.url, strings.NewReader(records))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+u.token)
	answer, err := u.client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	return errors.Join(err, answer.Body.Close())
}

// TestAcceptedRecordsSurviveKills: what a sender was told is accepted is
// stored, although the service is killed in the middle, again and again.
func TestAcceptedRecordsSurviveKills(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{"sources": []source{{"name": "pushed", "format": "json", "http": true}}})
	p.must(err)
	u := newPusher(p, "pushed")
	const senders, pushes, records = 4, 60, 20
	half := make(chan struct{})
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range pushes {
				if s == 0 && n == pushes/4 {
					close(half)
				}
				body := numberedObjects((s*pushes+n)*records, records)
				if err := stage.Until(deadline(t), "a push is accepted", func(ctx context.Context) error { return u.push(ctx, body) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	<-half
	for range 2 {
		p.must(p.service.Restart(p.deadline()))
	}
	wg.Wait()
	const total = senders * pushes * records
	p.eventually("every record is stored", func(ctx context.Context) error {
		got, err := p.service.Query(ctx, "SELECT uniqExact(path) FROM events WHERE source = 'pushed'")
		if err == nil && got != fmt.Sprint(total) {
			err = fmt.Errorf("%s of %d records", got, total)
		}
		return err
	})
	twice, err := p.service.Query(p.deadline(), "SELECT count() FROM events WHERE source = 'pushed'")
	p.must(err)
	t.Logf("%d records, %s rows: senders that are cut off repeat themselves", total, twice)
}

// numberedObjects is an array of n records, counted from a number.
func numberedObjects(from, n int) string {
	objects := make([]string, n)
	at := time.Now().UTC().Format(time.RFC3339)
	for i := range objects {
		objects[i] = fmt.Sprintf(`{"time":%q,"client":"198.51.100.7","method":"GET","uri":"/pushed/%d","status":200}`, at, from+i)
	}
	return "[" + strings.Join(objects, ",") + "]"
}
