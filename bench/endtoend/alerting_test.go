package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// shortCatalogue has a decoy of each context, with blocks so short that their
// end can be waited for.
const shortCatalogue = `
version: 1
responses:
  keys: {status: 200, headers: {Content-Type: application/json}, body: '{"keys": ["k-1"]}'}
decoys:
  - {id: outside, path: /outside.bak, response: keys, block: {lifetime: 3s}}
  - {id: elsewhere, path: /elsewhere.bak, response: keys, block: {lifetime: 3s}}
  - {id: inside, path: /shop/v2/admin/keys, context: in, hosts: ["127.0.0.1"], response: keys, block: {lifetime: 3s}}
`

// write puts a file onto the stage.
func (p *play) write(name, text string) string {
	p.Helper()
	path := p.Path(name)
	p.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Somebody in one of our own networks, by the default of network.internal.
const insider = "192.168.77.5"

// alarmed sets a stage on which alerts go to receivers, by the Alertmanager
// that settings name.
func alarmed(t *testing.T, settings stage.Settings) (*play, *stage.Gateway) {
	t.Helper()
	p := &play{T: t, Stage: newStage(t)}
	var err error
	p.backend, err = p.Backend()
	p.must(err)
	catalogue := stage.Settings{"decoys.catalogue": p.write("decoys.yml", shortCatalogue)}
	p.service, err = p.Service(p.deadline(), settings.With(catalogue).With(stage.Settings{"alerting.resolve_after": "1s"}))
	p.must(err)
	return p, p.gateway("edge-a", catalogue)
}

// TestTiersReachTheirReceivers: the example alertmanager.yml brings each tier
// where it belongs and tells when it is over, inside honeymoat and by a server
// of its own.
func TestTiersReachTheirReceivers(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		to := alertingtest.NewReceivers(t)
		p, g := alarmed(t, stage.Settings{"alerting.config_file": alertingtest.ExampleConfig(t, to)})
		p.tiersReach(g, to)
		p.repeatIsTold(g, to)
	})
	t.Run("external", func(t *testing.T) {
		t.Parallel()
		to := alertingtest.NewReceivers(t)
		url, _ := alertingtest.StartServer(t, alertingtest.ExampleConfig(t, to), t.TempDir())
		p, g := alarmed(t, stage.Settings{"alerting.urls": []string{url}})
		p.tiersReach(g, to)
	})
}

func (p *play) tiersReach(g *stage.Gateway, to alertingtest.Receivers) {
	p.Helper()
	const passing, prober = "203.0.113.1", "203.0.113.2"
	p.get(p.visitor(passing), g, "/outside.bak", http.StatusOK)
	p.get(p.visitor(prober), g, "/shop/v2/admin/keys", http.StatusOK)
	p.get(p.visitor(insider), g, "/outside.bak", http.StatusOK)

	digest := to.Digest.Next(p.T)
	if got := digest.Actors(); digest.Status != "firing" || !slices.Contains(got, passing) || slices.Contains(got, prober) {
		p.Errorf("the digest got %s about %v", digest.Status, got)
	}
	page := to.Pager.Next(p.T)
	if got := page.Actors(); page.Status != "firing" || !slices.Equal(got, []string{insider}) {
		p.Errorf("the pager got %s about %v", page.Status, got)
	}
	if link := page.CommonAnnotations["actor_url"]; !strings.Contains(link, p.service.Address) || !strings.Contains(link, insider) {
		p.Errorf("the page leads to %q", link)
	}
	p.sumsUp(to, passing, insider)
	mail := to.Mail.NextTo(p.T, soc)
	if !strings.Contains(mail.Text, prober) || !strings.Contains(mail.Text, "/shop/v2/admin/keys") {
		p.Errorf("the mail: %s\n%s", mail.Subject, mail.Text)
	}
	if over := to.Pager.Next(p.T); over.Status != "resolved" || !slices.Equal(over.Actors(), []string{insider}) {
		p.Errorf("the pager got %s about %v", over.Status, over.Actors())
	}
	if over := to.Mail.NextTo(p.T, soc); !strings.Contains(over.Subject, "over") {
		p.Errorf("the second mail: %s\n%s", over.Subject, over.Text)
	}
}

// Where the example sends mail.
const (
	soc       = "soc@example.org"
	socDigest = "soc-digest@example.org"
)

// sumsUp waits for a digest that tells of some actors in its sum of the day,
// those included who are told of elsewhere.
func (p *play) sumsUp(to alertingtest.Receivers, actors ...string) {
	p.Helper()
	for range 20 { // it is sent as soon as there is anything, and then completed
		mail := to.Mail.NextTo(p.T, socDigest)
		sum, _, _ := strings.Cut(mail.Text, "ACTIVE NOW")
		missing := slices.DeleteFunc(slices.Clone(actors), func(a string) bool { return strings.Contains(sum, a) })
		if len(missing) == 0 && strings.Contains(sum, "of them blocked") {
			return
		}
	}
	p.Errorf("no digest sums up %v", actors)
}

// repeatIsTold: who comes back after the end of a block is no passing scanner.
func (p *play) repeatIsTold(g *stage.Gateway, to alertingtest.Receivers) {
	p.Helper()
	v := p.refusedBriefly(g)
	p.turns(v, g, "/shop", http.StatusOK)
	p.get(v, g, "/elsewhere.bak", http.StatusOK)
	p.eventually("the repeat is a consistent issue", func(ctx context.Context) error {
		actor, err := p.service.API.Actor(ctx, finding.Actor{Kind: finding.Address, Value: v.Address})
		if err == nil && actor.Tier != finding.Notify.String() {
			err = fmt.Errorf("tier %s: %v", actor.Tier, actor.Reasons)
		}
		return err
	})
	if mail := to.Mail.NextTo(p.T, soc); !strings.Contains(mail.Text, v.Address) {
		p.Errorf("the mail: %s\n%s", mail.Subject, mail.Text)
	}
}

// refusedBriefly touches a decoy as one client after the other, until one is seen
// to be refused before its short block ended.
func (p *play) refusedBriefly(g *stage.Gateway) *stage.Visitor {
	p.Helper()
	for n := range 20 {
		v := p.visitor(fmt.Sprintf("203.0.113.%d", 9+n))
		p.get(v, g, "/outside.bak", http.StatusOK)
		ctx, cancel := context.WithTimeout(p.deadline(), 3*time.Second)
		_, err := v.WaitStatus(ctx, g, "/shop", http.StatusForbidden)
		cancel()
		if err == nil {
			return v
		}
	}
	p.Fatal("nobody who touches a decoy is refused in time")
	return nil
}

// TestRestartTellsNobodyTwice: the alert of before a kill is neither lost nor
// told again.
func TestRestartTellsNobodyTwice(t *testing.T) {
	t.Parallel()
	to := alertingtest.NewReceivers(t)
	p := newPlay(t, stage.Settings{"alerting.config_file": alertingtest.ExampleConfig(t, to)})
	g := p.gateway("edge-a", nil)
	p.touch(p.visitor(insider), g)
	if page := to.Pager.Next(t); page.Status != "firing" {
		t.Errorf("the pager got %+v", page)
	}
	p.must(p.service.Stop())
	p.must(p.service.Start())
	p.must(p.service.WaitReady(p.deadline()))
	p.eventually("the alert is active again", func(ctx context.Context) error {
		return p.alerts(ctx, insider)
	})
	// Somebody else's page comes after anything that is told again.
	other := p.visitor("192.168.77.6")
	p.touch(other, g)
	page := to.Pager.Next(t)
	news := slices.DeleteFunc(page.Actors(), func(actor string) bool { return actor == insider })
	if page.Status != "firing" || !slices.Equal(news, []string{other.Address}) {
		t.Errorf("the pager got %s about %v", page.Status, page.Actors())
	}
}

// alerts is nil when Alertmanager has an active alert about an actor.
func (p *play) alerts(ctx context.Context, actor string) error {
	var active []struct {
		Labels map[string]string `json:"labels"`
	}
	if err := p.service.API.Do(ctx, http.MethodGet, "/alertmanager/api/v2/alerts?active=true", nil, &active); err != nil {
		return err
	}
	for _, a := range active {
		if a.Labels["actor"] == actor {
			return nil
		}
	}
	return fmt.Errorf("no alert about %s among %v", actor, active)
}
