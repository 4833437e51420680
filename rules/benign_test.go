package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const day = 24 * time.Hour

// honest are those who must not be found, each with what they do in a day.
// They are what a gateway sees when nobody attacks it.
func honest() map[string]func(*traffic, time.Time) {
	return map[string]func(*traffic, time.Time){
		"partners":        partners,
		"health checks":   healthChecks,
		"search engines":  searchEngines,
		"an office":       office,
		"people at home":  people,
		"mobile apps":     mobileApps,
		"readers of news": newsReaders,
		"builds":          builds,
		"web hooks":       webHooks,
		"a dashboard":     dashboard,
		"ended sign-ins":  ended,
	}
}

func TestHonestDaysAreSilent(t *testing.T) {
	for name, spend := range honest() {
		t.Run(name, func(t *testing.T) {
			made := newTraffic()
			for d := range 2 {
				spend(made, dayOne.Add(time.Duration(d)*day))
			}
			seen := map[string]bool{}
			for _, f := range made.findings(t) {
				if what := f.Actor.String() + f.Title; !seen[what] {
					seen[what] = true
					t.Errorf("%v: %s (%v) at %v: %s", f.Actor, f.Title, f.Tier, f.Time, f.Reason)
				}
			}
		})
	}
}

func TestHonestLinesAreSilent(t *testing.T) {
	files, err := filepath.Glob("benign/*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs in benign: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findingsIn(t, text) {
			if f.Tier > finding.Log || f.Wanted.LifetimeSeconds > 0 || filepath.Base(file) != "odd.log" {
				t.Errorf("%s:%d: %s (%v): %s", file, f.Sighting.Line, f.Title, f.Tier, f.Sighting.Path)
			}
		}
	}
}

// partners call one route with many ids, all day long, faster at the full
// hour, meet limits of rate and objects that are gone. One of them forgot to
// say who it is.
func partners(t *traffic, from time.Time) {
	acme := client{"192.0.2.10", "acme", "acme-sync/2.1 (Java 21)"}
	t.every(from, 2*time.Second, day, func(i int, at time.Time) {
		t.ask(at, acme, request{target: fmt.Sprintf("/api/v1/orders/%d", 100000+i), status: oneOf(t, 200, 200, 200, 200, 200, 200, 200, 200, 200, 404)})
	})
	t.every(from, time.Hour, day, func(_ int, hour time.Time) {
		t.every(hour, 100*time.Millisecond, 40*time.Second, func(i int, at time.Time) {
			status := 200
			if i > 200 {
				status = 429
			}
			t.ask(at, acme, request{target: fmt.Sprintf("/api/v1/stock/%d?fields=id,price", i), status: status})
		})
	})
	quiet := client{"192.0.2.11", "", "Stockist/4.0"}
	t.every(from, 5*time.Second, day, func(i int, at time.Time) {
		t.ask(at, quiet, request{target: fmt.Sprintf("/api/v1/prices/%d", i), status: oneOf(t, 200, 200, 200, 200, 200, 404)})
	})
}

func healthChecks(t *traffic, from time.Time) {
	checks := []struct {
		client
		target string
		step   time.Duration
	}{
		{client{"10.0.0.2", "", "kube-probe/1.29"}, "/healthz", 2 * time.Second},
		{client{"10.0.0.3", "", "ELB-HealthChecker/2.0"}, "/", 5 * time.Second},
		{client{"10.0.0.4", "", "Prometheus/2.50.1"}, "/metrics", 15 * time.Second},
		{client{"10.0.0.5", "", "Consul Health Check"}, "/actuator/health", 10 * time.Second},
		{client{"216.144.248.20", "", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"}, "/", time.Minute},
		{client{"10.0.0.6", "", ""}, "/ping", 10 * time.Second},
	}
	for _, c := range checks {
		t.every(from, c.step, day, func(i int, at time.Time) {
			status := 200
			if i%500 == 499 {
				status = 503
			}
			t.ask(at, c.client, request{target: c.target, status: status})
		})
	}
}

// searchEngines ask for every page, for pages that are gone, and for what
// others link to by mistake.
func searchEngines(t *traffic, from time.Time) {
	google := client{"66.249.66.1", "", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
	bing := client{"157.55.39.10", "", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"}
	for n, c := range []client{google, bing} {
		t.every(from, 4*time.Second, day, func(i int, at time.Time) {
			r := request{target: fmt.Sprintf("/products/%d", (i*7+n)%9000)}
			switch i % 20 {
			case 3:
				r = request{target: fmt.Sprintf("/old/page-%d.html", i), status: 404}
			case 9:
				r.target = "/robots.txt"
			case 17:
				r = request{target: oneOf(t, "/wp-login.php", "/backup.zip", "/admin.php", "/index.php?page=../../x"), status: 404}
			}
			t.ask(at, c, r)
		})
	}
}

// office is forty people behind one address: they sign in at nine, mistype,
// browse, follow broken links.
func office(t *traffic, from time.Time) {
	for person := range 40 {
		c := client{"198.51.100.1", "", oneOf(t, chrome, firefox, chrome)}
		at := from.Add(9*time.Hour + time.Duration(t.rng.IntN(1800))*time.Second)
		signIn(t, at, c, oneOf(t, 0, 0, 0, 1, 1, 3))
		browse(t, at.Add(time.Minute), c, 60)
		if person%5 == 0 {
			t.ask(at.Add(time.Hour), c, request{target: "/contact", method: "POST", status: 302, referer: site + "/contact"})
		}
		if person%10 == 0 {
			t.ask(at.Add(2*time.Hour), c, request{target: "/files/report.docx", method: "OPTIONS", status: 200})
		}
	}
}

func signIn(t *traffic, at time.Time, c client, mistakes int) {
	t.ask(at, c, request{target: "/login", referer: site + "/"})
	for range mistakes {
		at = at.Add(12 * time.Second)
		t.ask(at, c, request{target: "/login", method: "POST", status: 401, referer: site + "/login"})
	}
	t.ask(at.Add(8*time.Second), c, request{target: "/login", method: "POST", status: 302, referer: site + "/login"})
}

// browse looks at pages with their pictures, one of which is missing.
func browse(t *traffic, at time.Time, c client, pages int) {
	for range pages {
		at = at.Add(time.Duration(5+t.rng.IntN(120)) * time.Second)
		page := fmt.Sprintf("/products/%d", t.rng.IntN(9000))
		t.ask(at, c, request{target: page, referer: site + "/products"})
		for _, asset := range []string{"/css/site.css", "/js/app.js", "/img/logo.svg"} {
			t.ask(at.Add(time.Second), c, request{target: asset, referer: site + page, status: oneOf(t, 200, 304)})
		}
		t.ask(at.Add(time.Second), c, request{target: fmt.Sprintf("/img/missing-%d.jpg", t.rng.IntN(500)), referer: site + page, status: 404})
	}
}

// people come by themselves, with bookmarks that are old, and browsers that
// ask for icons.
func people(t *traffic, from time.Time) {
	searches := []string{"O%27Brien", "c%2B%2B+%26+rust", "50%25+off", "select+a+plan", "black+%26+white", "%22exact+phrase%22", "size+%3C+10", "d%27Artagnan", "r%C3%A9sum%C3%A9", "rock+%27n%27+roll", "a+or+b", "1%2B1%3D2", "(new)", "100%25+cotton", "union+jack"}
	for n := range 200 {
		c := client{fmt.Sprintf("203.0.113.%d", n+1), "", oneOf(t, chrome, firefox, safari)}
		at := from.Add(time.Duration(t.rng.Int64N(int64(22 * time.Hour))))
		t.ask(at, c, request{target: oneOf(t, "/", "/old-bookmark", "/sale", "/blog/2019/04/spring"), status: oneOf(t, 200, 200, 404)})
		for _, icon := range []string{"/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png", "/apple-touch-icon-120x120.png", "/.well-known/apple-app-site-association", "/site.webmanifest", "/browserconfig.xml"} {
			t.ask(at.Add(time.Second), c, request{target: icon, status: 404})
		}
		t.ask(at.Add(20*time.Second), c, request{target: "/search?q=" + oneOf(t, searches...), referer: site + "/"})
		browse(t, at.Add(30*time.Second), c, 8)
		if n%4 == 0 {
			signIn(t, at.Add(time.Hour), c, oneOf(t, 0, 1, 3))
		}
		if n%25 == 0 {
			register(t, at.Add(30*time.Minute), c)
		}
	}
}

func register(t *traffic, at time.Time, c client) {
	t.ask(at, c, request{target: "/register", referer: site + "/login"})
	t.ask(at.Add(40*time.Second), c, request{target: "/register", method: "POST", status: 422, referer: site + "/register"})
	t.ask(at.Add(70*time.Second), c, request{target: "/register", method: "POST", status: 302, referer: site + "/register"})
	signIn(t, at.Add(3*time.Minute), c, 0)
}

// mobileApps ask for what is gone, and sign in anew when their token ends.
// One is retired and goes on asking all day.
func mobileApps(t *traffic, from time.Time) {
	for n := range 60 {
		c := client{fmt.Sprintf("100.64.%d.%d", n/16, n), "", oneOf(t, "ShopApp/4.1 (Android 14; okhttp/4.12.0)", "ShopApp/4.1 (iOS 17.5) CFNetwork/1496.0.7 Darwin/23.5.0")}
		at := from.Add(time.Duration(t.rng.Int64N(int64(20 * time.Hour))))
		for i := range 80 {
			at = at.Add(time.Duration(1+t.rng.IntN(15)) * time.Second)
			t.ask(at, c, request{target: fmt.Sprintf("/api/v2/items/%d", t.rng.IntN(5000)), status: oneOf(t, 200, 200, 200, 200, 200, 200, 200, 200, 404, 304)})
			if i%40 == 39 {
				t.ask(at, c, request{target: "/api/v2/me", status: 401})
				t.ask(at, c, request{target: "/api/v2/token", method: "POST"})
			}
		}
	}
	retired := client{"100.64.200.1", "", "ShopApp/1.0 (Android 8)"}
	t.every(from, 30*time.Second, day, func(_ int, at time.Time) {
		t.ask(at, retired, request{target: "/api/v0/feed", status: 410})
	})
}

func newsReaders(t *traffic, from time.Time) {
	for n, agent := range []string{"Tiny Tiny RSS/23.05 (https://tt-rss.org/)", "Feedbin feed-id:7 - 12 subscribers", "NetNewsWire (RSS Reader; https://netnewswire.com/)", "Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Thunderbird/60.0"} {
		c := client{fmt.Sprintf("192.0.2.%d", 60+n), "", agent}
		t.every(from, 5*time.Minute, day, func(i int, at time.Time) {
			t.ask(at, c, request{target: oneOf(t, "/feed.xml", "/blog/feed", "/comments/feed", "/blog/tag/go/feed"), status: oneOf(t, 200, 304, 304, 304)})
			if i%12 == 0 {
				t.ask(at, c, request{target: "/old-feed.rss", status: 404})
			}
		})
	}
}

// builds fetch packages, many at once, some of which are not here.
func builds(t *traffic, from time.Time) {
	c := client{"192.0.2.80", "", "pip/24.0 {\"python\":\"3.12\"}"}
	t.every(from, 2*time.Hour, day, func(_ int, start time.Time) {
		t.every(start, 300*time.Millisecond, 2*time.Minute, func(i int, at time.Time) {
			t.ask(at, c, request{target: fmt.Sprintf("/packages/lib%d-1.%d.0-py3-none-any.whl", i%300, i%7), size: 80000, status: oneOf(t, 200, 200, 200, 404)})
		})
		t.ask(start.Add(3*time.Minute), client{"192.0.2.80", "", "git/2.43.0"}, request{target: "/team/project/.git/info/refs?service=git-upload-pack", status: 401})
		t.ask(start.Add(3*time.Minute), client{"192.0.2.80", "ci", "git/2.43.0"}, request{target: "/team/project.git/info/refs?service=git-upload-pack"})
	})
}

func webHooks(t *traffic, from time.Time) {
	for n, agent := range []string{"GitHub-Hookshot/760256b", "Stripe/1.0 (+https://stripe.com/docs/webhooks)", "Slackbot 1.0 (+https://api.slack.com/robots)"} {
		c := client{fmt.Sprintf("192.0.2.%d", 90+n), "", agent}
		t.every(from, 40*time.Second, day, func(_ int, at time.Time) {
			t.ask(at, c, request{target: fmt.Sprintf("/hooks/%d", n), method: "POST", status: oneOf(t, 200, 200, 204, 500)})
		})
	}
}

// dashboard asks for a dozen things every few seconds, two of which its user
// may not see.
func dashboard(t *traffic, from time.Time) {
	c := client{"203.0.113.250", "", chrome}
	t.every(from.Add(8*time.Hour), 10*time.Second, 9*time.Hour, func(i int, at time.Time) {
		for w := range 12 {
			r := request{target: fmt.Sprintf("/api/widgets/%d/data?since=%d", w, at.Unix()/60), referer: site + "/dashboard"}
			if w >= 10 {
				r.status = 403
				r.target = fmt.Sprintf("/api/widgets/%d/data", w)
			}
			t.ask(at, c, r)
		}
	})
}

// ended are sign-ins that have ended: an operator's page goes on asking, and
// an app asks for a whole list before it signs in anew.
func ended(t *traffic, from time.Time) {
	operator := client{"203.0.113.251", "", firefox}
	t.every(from.Add(18*time.Hour), 5*time.Second, 2*time.Hour, func(i int, at time.Time) {
		t.ask(at, operator, request{target: fmt.Sprintf("/admin/api/panel/%d", i%9), status: 401, referer: site + "/admin"})
	})
	t.every(from.Add(7*time.Hour), time.Hour, 12*time.Hour, func(_ int, start time.Time) {
		app := client{"100.64.201.9", "", "ShopApp/4.1 (iOS 17.5) CFNetwork/1496.0.7 Darwin/23.5.0"}
		for i := range 30 {
			t.ask(start.Add(time.Duration(i)*100*time.Millisecond), app, request{target: fmt.Sprintf("/api/v2/orders/%d", 7000+i), status: 401})
		}
		t.ask(start.Add(5*time.Second), app, request{target: "/api/v2/token", method: "POST"})
		for i := range 30 {
			t.ask(start.Add(6*time.Second+time.Duration(i)*100*time.Millisecond), app, request{target: fmt.Sprintf("/api/v2/orders/%d", 7000+i)})
		}
	})
}
