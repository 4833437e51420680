package alerting_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/ports"
	"github.com/honeymoat/honeymoat/pkg/alerting"
	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/honeymoat/honeymoat/pkg/alerting/embedded"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/prometheus/client_golang/prometheus"
)

// runner is what has a Run of its own.
type runner interface{ Run(context.Context) error }

// start runs r until the test ends or stop is called.
func start(t *testing.T, r runner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func newPoster(t *testing.T, targets ...alerting.Target) *alerting.Poster {
	t.Helper()
	p, err := alerting.New(alerting.Options{
		Targets: targets, BackoffMin: 20 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
	}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatalf("alerting.New: %v", err)
	}
	return p
}

func post(t *testing.T, p *alerting.Poster, alerts ...respond.Alert) {
	t.Helper()
	if err := p.Post(t.Context(), alerts); err != nil {
		t.Fatalf("Post: %v", err)
	}
}

// about makes an alert as respond does.
func about(actor, tier string) respond.Alert {
	return respond.Alert{
		Labels: map[string]string{
			"alertname": "DecoyTouched", "actor_kind": "address", "actor": actor,
			"tier": tier, "family": "decoy", "api": "shop",
		},
		Annotations: map[string]string{
			"summary":       "A decoy was touched",
			"description":   "No application serves this path.",
			"evidence":      `GET /.env <script>alert(1)</script>`,
			"block":         "denied everywhere for 4h",
			"actor_url":     "https://moat.example.org/actors/address/" + actor,
			"dashboard_url": "https://grafana.example.org/d/actor",
		},
		StartsAt: time.Now(),
		URL:      "https://moat.example.org/actors/address/" + actor,
	}
}

func over(a respond.Alert) respond.Alert {
	a.EndsAt = time.Now()
	return a
}

// both runs f with the embedded Alertmanager, and with Debian's as a server of
// its own, each on the example configuration.
func both(t *testing.T, f func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers)) {
	t.Run("embedded", func(t *testing.T) {
		to := alertingtest.NewReceivers(t)
		am := newEmbedded(t, embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()})
		start(t, am)
		p := newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
		start(t, p)
		f(t, p, to)
	})
	t.Run("server", func(t *testing.T) {
		to := alertingtest.NewReceivers(t)
		url, _ := alertingtest.StartServer(t, alertingtest.ExampleConfig(t, to), t.TempDir())
		p := newPoster(t, alerting.Target{URL: url})
		start(t, p)
		f(t, p, to)
	})
}

func newEmbedded(t *testing.T, o embedded.Options) *embedded.Alertmanager {
	t.Helper()
	if o.StartDelay == 0 {
		o.StartDelay = time.Millisecond
	}
	am, err := embedded.New(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatalf("embedded.New: %v", err)
	}
	return am
}

func wantActors(t *testing.T, n alertingtest.Notification, status string, actors ...string) {
	t.Helper()
	got := n.Actors()
	slices.Sort(got)
	if n.Status != status || !slices.Equal(got, actors) {
		t.Errorf("%s got %s about %v, want %s about %v", n.Receiver, n.Status, got, status, actors)
	}
}

// wantAllActors waits until all have been told of, in one notification. A group
// may be looked at while the last of its alerts come in: earlier notifications
// may tell of some of them, and of nobody else.
func wantAllActors(t *testing.T, sink *alertingtest.WebhookSink, status string, actors ...string) {
	t.Helper()
	for {
		n := sink.Next(t)
		got := n.Actors()
		slices.Sort(got)
		stranger := func(actor string) bool { return !slices.Contains(actors, actor) }
		if n.Status != status || len(got) >= len(actors) || slices.ContainsFunc(got, stranger) {
			wantActors(t, n, status, actors...)
			return
		}
	}
}

func TestEachTierReachesItsReceiver(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		post(t, p, about("192.0.2.1", "log"), about("192.0.2.2", "notify"), about("192.0.2.3", "page"))

		digest := to.Digest.Next(t)
		wantActors(t, digest, "firing", "192.0.2.1")
		if digest.Authorization != "Bearer "+alertingtest.DigestToken {
			t.Errorf("the digest came with %q", digest.Authorization)
		}
		pager := to.Pager.Next(t)
		wantActors(t, pager, "firing", "192.0.2.3")
		if pager.Authorization != "Bearer "+alertingtest.PagerToken {
			t.Errorf("the page came with %q", pager.Authorization)
		}
		if got := pager.CommonAnnotations["actor_url"]; got != "https://moat.example.org/actors/address/192.0.2.3" {
			t.Errorf("the page links to %q", got)
		}
		wantMail(t, to.Mail.NextTo(t, soc))
	})
}

// Where the example sends mail.
const (
	soc       = "soc@example.org"
	socDigest = "soc-digest@example.org"
)

func wantMail(t *testing.T, m alertingtest.Mail) {
	t.Helper()
	if want := "[honeymoat notify] A decoy was touched on shop"; m.Subject != want {
		t.Errorf("subject is %q, want %q", m.Subject, want)
	}
	if !slices.Equal(m.To, []string{soc}) || m.From != "honeymoat@example.org" {
		t.Errorf("mail from %s to %v", m.From, m.To)
	}
	for _, want := range []string{
		"A decoy was touched", "No application serves this path.", "address 192.0.2.2", "shop",
		"GET /.env <script>", "denied everywhere for 4h",
		"https://moat.example.org/actors/address/192.0.2.2", "https://grafana.example.org/d/actor",
	} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, m.Text)
		}
		inHTML := strings.NewReplacer("<script>", "&lt;script&gt;", "address 192", "address <code>192").Replace(want)
		if !strings.Contains(m.HTML, inHTML) {
			t.Errorf("the HTML lacks %q:\n%s", inHTML, m.HTML)
		}
	}
	if strings.Contains(m.HTML, "<script>") {
		t.Errorf("evidence became markup:\n%s", m.HTML)
	}
}

func TestEndIsTold(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		page, notify := about("192.0.2.3", "page"), about("192.0.2.2", "notify")
		post(t, p, page, notify)
		to.Pager.Next(t)
		to.Mail.NextTo(t, soc)
		post(t, p, over(page), over(notify))
		wantActors(t, to.Pager.Next(t), "resolved", "192.0.2.3")
		if m := to.Mail.NextTo(t, soc); !strings.HasPrefix(m.Subject, "[honeymoat over]") || !strings.Contains(m.Text, "OVER (1)") {
			t.Errorf("the mail of the end is %q:\n%s", m.Subject, m.Text)
		}
	})
}

func TestEscalation(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		notify := about("192.0.2.2", "notify")
		post(t, p, notify)
		to.Mail.NextTo(t, soc)
		post(t, p, about("192.0.2.2", "page"), over(notify))
		wantActors(t, to.Pager.Next(t), "firing", "192.0.2.2")
	})
}

// The mail about one actor that nobody is paged for proves that the others
// were looked at, in the same group, and held back.
func TestPageInhibitsMilderTiersOfItsActorOnly(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		health := about("", "page")
		health.Labels["family"] = "health"
		post(t, p, about("192.0.2.1", "page"), health)
		to.Pager.Next(t)
		to.Pager.Next(t)
		post(t, p, about("192.0.2.1", "notify"), about("192.0.2.9", "notify"))
		m := to.Mail.NextTo(t, soc)
		if !strings.Contains(m.Text, "192.0.2.9") || strings.Contains(m.Text, "192.0.2.1\n") {
			t.Errorf("the mail is\n%s\nwant 192.0.2.9 alone", m.Text)
		}
		post(t, p, about("192.0.2.1", "log"), about("192.0.2.9", "log"), about("192.0.2.8", "log"), about("", "log"))
		wantAllActors(t, to.Digest, "firing", "", "192.0.2.8")
	})
}

func TestActorsThatDoTheSameAreOneMail(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		post(t, p, about("192.0.2.1", "notify"), about("192.0.2.2", "notify"), about("192.0.2.3", "notify"))
		to.Mail.NextWhole(t, soc, func(m alertingtest.Mail) bool { return strings.Contains(m.Subject, "(3 active, 0 over)") })
	})
}

// After a restart of both, the alerts are posted again. The pager hears of the
// new one alone: what it knew is in the notification log.
func TestRestartRepeatsNothing(t *testing.T) {
	to := alertingtest.NewReceivers(t)
	o := embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()}
	known := about("192.0.2.1", "page")

	am := newEmbedded(t, o)
	stopServer := start(t, am)
	p := newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	stopPoster := start(t, p)
	post(t, p, known)
	wantActors(t, to.Pager.Next(t), "firing", "192.0.2.1")
	stopPoster()
	stopServer()

	am = newEmbedded(t, o)
	start(t, am)
	p = newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	post(t, p, known)
	start(t, p)
	fresh := about("192.0.2.2", "page")
	fresh.Labels["alertname"] = "HoneytokenUsed" // a group of its own
	post(t, p, fresh)
	wantActors(t, to.Pager.Next(t), "firing", "192.0.2.2")

	// The end of the known one is the next thing about it.
	post(t, p, over(known))
	wantActors(t, to.Pager.Next(t), "resolved", "192.0.2.1")
	if n := to.Pager.Waiting(); n != 0 {
		t.Errorf("%d more notifications", n)
	}
}

// An Alertmanager that is not there yet, and then goes and comes back on the
// same address, hears of everything.
func TestListenerGoesAwayAndComesBack(t *testing.T) {
	to := alertingtest.NewReceivers(t)
	am := newEmbedded(t, embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()})
	start(t, am)
	address := ports.Free(t)
	p := newPoster(t, alerting.Target{URL: "http://" + address})
	start(t, p)
	post(t, p, about("192.0.2.1", "page"))
	server := listen(t, am.Handler(), address)
	wantActors(t, to.Pager.Next(t), "firing", "192.0.2.1")

	server.CloseClientConnections()
	server.Close()
	brief := about("192.0.2.2", "page")
	post(t, p, about("192.0.2.1", "page"), brief)
	post(t, p, over(brief))
	listen(t, am.Handler(), address)
	wantActors(t, to.Pager.Next(t), "firing", "192.0.2.1", "192.0.2.2")
}

func listen(t *testing.T, h http.Handler, address string) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// A cluster of two, one of them dead: who is paged is paged.
func TestOneOfTwoAlertmanagersIsEnough(t *testing.T) {
	to := alertingtest.NewReceivers(t)
	am := newEmbedded(t, embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()})
	start(t, am)
	p := newPoster(t,
		alerting.Target{URL: "http://" + ports.Free(t)},
		alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	start(t, p)
	post(t, p, about("192.0.2.1", "page"))
	wantActors(t, to.Pager.Next(t), "firing", "192.0.2.1")
}

func TestExampleLoadsInDebiansAlertmanager(t *testing.T) {
	to := alertingtest.NewReceivers(t)
	alertingtest.CheckConfig(t, alertingtest.ExamplePath(t))
	alertingtest.CheckConfig(t, alertingtest.ExampleConfig(t, to))
}
