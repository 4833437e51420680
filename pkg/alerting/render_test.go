package alerting_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/alerting"
	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/honeymoat/honeymoat/pkg/alerting/embedded"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// told posts alerts to an Alertmanager with a receiver of deploy/alertmanager/
// receivers, and gives what the service behind it gets.
func told(t *testing.T, receiver string, alerts ...respond.Alert) alertingtest.Message {
	t.Helper()
	return tellAll(t, receiver, alerts...).Next(t)
}

// tellAll is told for alerts that may be more than one message.
func tellAll(t *testing.T, receiver string, alerts ...respond.Alert) *alertingtest.ChatSink {
	t.Helper()
	sink := alertingtest.NewChatSink(t)
	config := alertingtest.ExampleWith(t, alertingtest.NewReceivers(t), receiver, sink)
	am := newEmbedded(t, embedded.Options{ConfigFile: config, DataDir: t.TempDir()})
	start(t, am)
	p := newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	start(t, p)
	post(t, p, alerts...)
	return sink
}

// decoded is a body's JSON.
func decoded[T any](t *testing.T, m alertingtest.Message) (body T) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.Body), &body); err != nil {
		t.Fatalf("body %s: %v", m.Body, err)
	}
	return body
}

// breach is a page about a user whose name a client chose.
func breach(t *testing.T, user string) respond.Alert {
	t.Helper()
	alerts := alertingtest.AlertsOf(t, alertingtest.HoneytokenUse(user))
	if len(alerts) != 1 || alerts[0].Labels["tier"] != "page" {
		t.Fatalf("the use of a honeytoken makes %+v", alerts)
	}
	return alerts[0]
}

// failing is a notification about a route that fails, with expectation and all.
func failing(t *testing.T, route string) respond.Alert {
	t.Helper()
	alerts := alertingtest.AlertsOf(t, alertingtest.ErrorsOf(route, "shop", "payments"))
	if len(alerts) != 1 || alerts[0].Labels["tier"] != "notify" {
		t.Fatalf("a failing route makes %+v", alerts)
	}
	return alerts[0]
}

// slackMessage is Slack's message with one attachment.
type slackMessage struct {
	LinkNames   bool `json:"link_names"`
	Attachments []struct {
		Title, Text, Fallback, Color string
		TitleLink                    string   `json:"title_link"`
		MrkdwnIn                     []string `json:"mrkdwn_in"`
	}
}

type teamsMessage struct {
	Attachments []struct {
		Content struct {
			Body []struct{ Text string }
		}
	}
}

type pagerdutyEvent struct {
	RoutingKey  string `json:"routing_key"`
	EventAction string `json:"event_action"`
	ClientURL   string `json:"client_url"`
	Payload     struct {
		Summary, Severity, Class, Component, Group string
		CustomDetails                              map[string]any `json:"custom_details"`
	}
}

type opsgenieAlert struct {
	Message, Description, Priority, Entity string
	Tags                                   []string
}

func TestSlack(t *testing.T) {
	t.Parallel()
	m := decoded[slackMessage](t, told(t, "slack", failing(t, "GET /orders/{id}")))
	a := m.Attachments[0]
	wantAll(t, a.Title, "[honeymoat notify]", "GET /orders/{id}")
	wantAll(t, a.Text, "GET /orders/{id}", "seen 38 %", "expected 0.5 %", "ordinary 0 to 2 %", "since 20", "once in 500,000", "AS64500", "api `shop`", "team `payments`", "since 20", "|Review>", "|Dashboard>")
	if m.LinkNames || a.Color != "warning" || strings.Join(a.MrkdwnIn, "") != "text" {
		t.Errorf("link_names %v, color %s, Markdown in %v", m.LinkNames, a.Color, a.MrkdwnIn)
	}
	if !strings.HasPrefix(a.TitleLink, "https://moat.example.org/") {
		t.Errorf("the title leads to %q", a.TitleLink)
	}
}

func TestTeams(t *testing.T) {
	t.Parallel()
	m := decoded[teamsMessage](t, told(t, "msteams", failing(t, "GET /orders/{id}")))
	body := m.Attachments[0].Content.Body
	wantAll(t, body[0].Text, "[honeymoat notify]", "GET /orders/{id}", "on shop")
	wantAll(t, body[1].Text, "GET /orders/{id}", "seen 38 %", "expected 0.5 %", "once in 500,000", "API shop", "team payments", "since 20", "[Review](https://moat.example.org/", "[Dashboard](https://grafana.example.org/")
}

func TestPagerDuty(t *testing.T) {
	t.Parallel()
	m := told(t, "pagerduty", breach(t, "u-17"))
	e := decoded[pagerdutyEvent](t, m)
	if e.RoutingKey != "secret-of-the-test" || e.EventAction != "trigger" || e.Payload.Severity != "critical" || e.Payload.Class != "decoy" || e.Payload.Component != "shop" {
		t.Errorf("event %s", m.Body)
	}
	wantAll(t, e.Payload.Summary, "u-17", "Honeytoken used")
	wantAll(t, e.Payload.CustomDetails["alerts"].(string), "Honeytoken used", "done: no block", "since 20", "review: https://moat.example.org/")
	if !strings.HasPrefix(e.ClientURL, "https://moat.example.org/") {
		t.Errorf("the incident leads to %q", e.ClientURL)
	}
}

func TestOpsgenie(t *testing.T) {
	t.Parallel()
	m := told(t, "opsgenie", breach(t, "u-17"))
	a := decoded[opsgenieAlert](t, m)
	if m.Path != "/v2/alerts" || m.Authorization != "GenieKey secret-of-the-test" || a.Priority != "P1" || a.Entity != "u-17" {
		t.Errorf("%s with %q: %s", m.Path, m.Authorization, m.Body)
	}
	wantAll(t, a.Message, "Honeytoken used")
	wantAll(t, a.Description, "Honeytoken used", "done: no block", "review: https://moat.example.org/")
	wantAll(t, strings.Join(a.Tags, " "), "honeymoat", "page", "decoy")
}

// A block that was made is told, with its end.
func TestDoneIsTold(t *testing.T) {
	t.Parallel()
	touch := alertingtest.ScannerTouch("203.0.113.1", "/.env")
	touch.Tier = finding.Notify
	alerts := alertingtest.AlertsOf(t, touch)
	m := decoded[slackMessage](t, told(t, "slack", alerts...))
	wantAll(t, m.Attachments[0].Text, "done: `enforce 203.0.113.1")
}

func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// nasty is an alert all of whose values a client chose, as far as one can.
func nasty(t *testing.T, tier finding.Tier) respond.Alert {
	t.Helper()
	f := alertingtest.HoneytokenUse(alertingtest.Nasty)
	f.Tier, f.API, f.Title, f.Reason = tier, alertingtest.Nasty, alertingtest.Nasty, strings.Repeat(alertingtest.Nasty, 100)
	alerts := alertingtest.AlertsOf(t, f)
	if len(alerts) != 1 {
		t.Fatalf("made %+v", alerts)
	}
	return alerts[0]
}

func TestSlackTakesNoMarkupOfClients(t *testing.T) {
	t.Parallel()
	m := decoded[slackMessage](t, told(t, "slack", nasty(t, finding.Notify)))
	a := m.Attachments[0]
	all := a.Title + a.Text + a.Fallback
	wantNone(t, all, "<!", "<@", "<s", "https://evil", "\u202E", "\r")
	wantBounded(t, a.Text, 4000)
	// What is left of angles are our own links.
	ownLink := regexp.MustCompile(`<https://(moat|grafana)\.example\.org/[^|<>\s]*\|(Review|Dashboard)>`)
	wantNone(t, ownLink.ReplaceAllString(a.Text, ""), "<", ">")
	// Code is opened and closed by us: what is between is a client's as a whole.
	if n := strings.Count(a.Text, "`"); n%2 != 0 {
		t.Errorf("%d backticks in %s", n, a.Text)
	}
	for i, outside := range strings.Split(ownLink.ReplaceAllString(a.Text, ""), "`") {
		if i%2 == 0 && strings.Contains(outside, "bold") {
			t.Errorf("outside of code: %q", outside)
		}
	}
}

func TestTeamsTakesNoMarkupOfClients(t *testing.T) {
	t.Parallel()
	m := decoded[teamsMessage](t, told(t, "msteams", nasty(t, finding.Notify)))
	text := m.Attachments[0].Content.Body[1].Text
	wantNone(t, text, "<", "https://evil", "[here]", " *bold*", "\n## heading", "\u202E")
	wantBounded(t, text, 4000)
	for _, link := range regexp.MustCompile(`[^\\]\]\(([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(link[1], "https://moat.example.org/") && !strings.HasPrefix(link[1], "https://grafana.example.org/") {
			t.Errorf("a link that is not ours: %s", link[1])
		}
	}
}

func TestOnCallTakesNoMarkupOfClients(t *testing.T) {
	t.Parallel()
	alert := nasty(t, finding.Page)
	e := decoded[pagerdutyEvent](t, told(t, "pagerduty", alert))
	g := decoded[opsgenieAlert](t, told(t, "opsgenie", alert))
	for _, text := range []string{e.Payload.Summary, e.Payload.CustomDetails["alerts"].(string), g.Message, g.Description} {
		wantNone(t, text, "<", ">", "https://evil", "\u202E", "\nDone: no block", "\r")
		wantBounded(t, text, 6000)
	}
}

// A mail's lines are ours: a client cannot write one that reads like "Done:",
// nor a header, nor markup.
func TestMailTakesNoMarkupOfClients(t *testing.T) {
	t.Parallel()
	to := alertingtest.NewReceivers(t)
	am := newEmbedded(t, embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()})
	start(t, am)
	p := newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	start(t, p)
	alert := nasty(t, finding.Notify)
	alert.Labels["owner"] = ""
	post(t, p, alert)
	m := to.Mail.NextTo(t, soc)
	wantNone(t, m.Subject, "\n", "\r", "\u202E", "https://evil")
	wantBounded(t, m.Subject, 600)
	wantNone(t, m.Text, "https://evil", "\u202E", "\nDone: no block", "\n##")
	wantNone(t, m.HTML, "<script", "<!channel", "https://evil", "\u202E")
	wantAll(t, m.HTML, "&lt;script&gt;", `href="https://moat.example.org/`)
	for line := range strings.Lines(m.Text) {
		if !regexp.MustCompile(`^(ACTIVE|OVER|[A-Z][A-Za-z]+: |Evidence:|           |\s*$)`).MatchString(line) {
			t.Errorf("a line that is not ours: %q", line)
		}
	}
}

// The plain webhook carries the alert as it is: whoever shows it escapes it.
func TestWebhookCarriesEverything(t *testing.T) {
	t.Parallel()
	to := alertingtest.NewReceivers(t)
	am := newEmbedded(t, embedded.Options{ConfigFile: alertingtest.ExampleConfig(t, to), DataDir: t.TempDir()})
	start(t, am)
	p := newPoster(t, alerting.Target{URL: "http://embedded", Transport: am.Transport()})
	start(t, p)
	alert := breach(t, "u-17")
	post(t, p, alert)
	got := to.Pager.Next(t).Alerts[0]
	for name, want := range alert.Annotations {
		if got.Annotations[name] != want {
			t.Errorf("annotation %s is %q, want %q", name, got.Annotations[name], want)
		}
	}
	for name, want := range alert.Labels {
		if got.Labels[name] != want {
			t.Errorf("label %s is %q, want %q", name, got.Labels[name], want)
		}
	}
}

// Hundreds of actors make a message that can be read, and says that there are
// more.
func TestManyAlertsAreOneShortMessage(t *testing.T) {
	t.Parallel()
	var alerts []respond.Alert
	for i := range 60 {
		a := failing(t, "GET /orders/{id}")
		a.Labels["actor"], a.Labels["owner"] = "GET /r"+strings.Repeat("x", i), ""
		alerts = append(alerts, a)
	}
	sink := tellAll(t, "slack", alerts...)
	m := decoded[slackMessage](t, sink.Next(t))
	for !strings.HasSuffix(m.Attachments[0].Title, "(60 active, 0 over)") { // looked at while the others came in
		m = decoded[slackMessage](t, sink.Next(t))
	}
	if !strings.HasSuffix(m.Attachments[0].Text, "The first 8 of 60 are told here.") {
		t.Errorf("the text is %q", m.Attachments[0].Text)
	}
	wantBounded(t, m.Attachments[0].Text, 20_000)
}

func wantNone(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q is in %q", part, text)
		}
	}
}

func wantBounded(t *testing.T, text string, limit int) {
	t.Helper()
	if n := len([]rune(text)); n > limit {
		t.Errorf("%d characters, want at most %d", n, limit)
	}
}
