package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Webhook is an endpoint that is told of changes to the blocks.
type Webhook struct {
	Name       string        `yaml:"name" doc:"Name of the webhook: a-z, 0-9, - and _. What it was told is kept under it."`
	URL        string        `yaml:"url" doc:"URL that deliveries are posted to."`
	SecretFile string        `yaml:"secret_file" doc:"File with the secret that signs deliveries (HMAC-SHA256); it is read anew for each. While the secret is being changed, both, on a line each."`
	Segments   []string      `yaml:"segments" doc:"Segments whose blocks it hears of. Default: all."`
	Events     []string      `yaml:"events" doc:"added, replaced, ended. Default: all."`
	Batch      int           `yaml:"batch" doc:"Most events in a delivery. Default: 100."`
	Timeout    time.Duration `yaml:"timeout" doc:"Time for one delivery. Default: 10s."`
}

func (w *Webhook) setDefaults() {
	setDefault(&w.Batch, 100)
	setDefault(&w.Timeout, 10*time.Second)
}

func (c *checker) webhooks(list []Webhook) {
	seen := map[string]bool{}
	for i := range list {
		w, path := &list[i], fmt.Sprintf("$.webhooks[%d]", i)
		c.name(path+".name", w.Name)
		if seen[w.Name] {
			c.add(path+".name", fmt.Sprintf("a second webhook %q", w.Name), "names of webhooks are unique")
		}
		seen[w.Name] = true
		c.safeURL(path+".url", w.URL)
		if w.SecretFile == "" {
			c.add(path+".secret_file", "a webhook without a secret", "deliveries are signed with it: put some 32 random characters into a file")
		}
		for j, segment := range w.Segments {
			c.name(fmt.Sprintf("%s.segments[%d]", path, j), segment)
		}
		for j, event := range w.Events {
			c.oneOf(fmt.Sprintf("%s.events[%d]", path, j), event, "added", "replaced", "ended")
		}
		c.within(path+".batch", w.Batch, 1, 1000)
		c.lasts(path+".timeout", w.Timeout, time.Millisecond)
	}
}

// safeURL checks the URL of a server that is told what not everybody may know.
func (c *checker) safeURL(path, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		c.add(path, "this is no URL of a web server", "want one such as https://soc.example.net/hook")
		return
	}
	a, err := netip.ParseAddr(u.Hostname())
	if u.Scheme == "http" && u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		c.add(path, "everybody on the way could read along", "want an https URL")
	}
}
