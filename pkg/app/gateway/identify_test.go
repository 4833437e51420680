package gateway

import (
	"bytes"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// askWith asks as a gateway does that passes on the request's headers.
func (r *rig) askWith(client, uri string, headers map[string]string) answer {
	r.t.Helper()
	all := map[string]string{
		httpauth.ClientHeader: client, httpauth.URIHeader: uri, httpauth.MethodHeader: "GET", httpauth.HostHeader: "shop.example",
		httpauth.RequestIDHeader: block.NewID(client, uri, time.Now().String()).String(),
	}
	maps.Copy(all, headers)
	a, err := fetch(unixClient(r.t, r.socket), "http://agent/", all)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func TestWhoIsBehindARequest(t *testing.T) {
	dir, service := shortDir(t), agenttest.New("shop")
	c := configure(t, dir, withResponder(dir)+"identify: {key: ['header:X-Api-Key', 'query:api_key']}\napis: [{api: cart, prefix: /cart}]\n")
	r := start(t, service, dir, c)
	for i, target := range []string{"token:stolen", "key:k1", "session:s1", "user:mallory", "api:cart & user_agent:probe/1"} {
		service.Change("shop", block.Delta{Target: service.Target("shop", target), ID: block.ID(i + 1), Left: time.Hour})
	}
	await(t, "the blocks", func() bool { return r.agent.Versions()["shop"] == service.Version("shop") })
	f := func(uri, header, value string, want int) {
		t.Helper()
		if a := r.askWith("192.0.2.1", uri, map[string]string{header: value}); a.status != want {
			t.Errorf("%s with %s %s: %d, want %d", uri, header, value, a.status, want)
		}
	}
	f("/", "Authorization", "Bearer stolen", 403)
	f("/", "Authorization", "Bearer mine", 204)
	f("/", "X-Api-Key", "k1", 403)
	f("/?a=b&api_key=k1", "X-Other", "", 403)
	f("/", "Cookie", "a=b; sid=s1", 403)
	f("/", "X-Consumer-Username", "mallory", 204) // nobody has said that it can be believed
	f("//cart/./7", "User-Agent", "probe/1", 403)
	f("/carts", "User-Agent", "probe/1", 204)

	c.Identify.User = []string{"header:X-Consumer-Username"}
	if restart, err := r.Reload(c); err != nil || restart {
		t.Fatal(restart, err)
	}
	f("/", "X-Consumer-Username", "mallory", 403)
}

func TestTouchNamesThePrincipal(t *testing.T) {
	dir, service := shortDir(t), agenttest.New("shop")
	r := start(t, service, dir, configure(t, dir, withResponder(dir)))
	with := map[string]string{"Authorization": "Bearer stolen"}
	if a := r.askWith("192.0.2.7", "/.env", with); a.status != 401 {
		t.Errorf("the touch: %d", a.status)
	}
	if a := r.askWith("198.51.100.1", "/", with); a.status != 403 {
		t.Errorf("the token from elsewhere: %d", a.status)
	}
	if a := r.ask("198.51.100.1", "/"); a.status != 204 {
		t.Errorf("others from there: %d", a.status)
	}
	await(t, "the touch at the service", func() bool { return len(service.Touches()) == 1 })
	if f := service.Touches()[0]; f.Principal.Kind != finding.Token || f.Principal.Value != service.Keys(block.All)[0].Hash(block.ScopeToken, "stolen") {
		t.Errorf("%+v", f)
	}
}

// writeCountry makes a database in which a network is of a country.
func writeCountry(t *testing.T, path, network, code string) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, prefix, err := net.ParseCIDR(network)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Insert(prefix, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCountries(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	file := filepath.Join(dir, "country.mmdb")
	writeCountry(t, file, "192.0.2.0/24", "AQ")
	c := configure(t, dir, "geo: {country: "+file+"}")
	r := start(t, service, dir, c)
	service.Change(block.All, block.Delta{Target: service.Target(block.All, "country:AQ"), ID: 1, Left: time.Hour})
	await(t, "the block", func() bool { return r.ask("192.0.2.7", "/").status == 403 })
	if a := r.ask("198.51.100.7", "/"); a.status != 204 {
		t.Errorf("another country: %d", a.status)
	}
	if a, err := Ask(t.Context(), c, Question{Client: netip.MustParseAddr("192.0.2.7")}); err != nil || a.Country != "AQ" {
		t.Errorf("%+v %v", a, err)
	}
	writeCountry(t, file, "198.51.100.0/24", "AQ")
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if restart, err := r.Reload(c); err != nil || restart {
		t.Fatal(restart, err)
	}
	if a, b := r.ask("192.0.2.7", "/"), r.ask("198.51.100.7", "/"); a.status != 204 || b.status != 403 {
		t.Errorf("after the database was replaced: %d %d", a.status, b.status)
	}
	if err := os.WriteFile(file, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reload(c); err == nil {
		t.Error("a damaged database was taken")
	}
	if a := r.ask("198.51.100.7", "/"); a.status != 403 {
		t.Errorf("after a reload that failed: %d", a.status)
	}
}
