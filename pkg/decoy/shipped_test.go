package decoy

import "testing"

func TestShippedCatalogue(t *testing.T) {
	c, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Decoys()); n < 40 {
		t.Errorf("%d decoys, want at least 40", n)
	}
	for _, d := range c.Decoys() {
		if d.Title == d.ID {
			t.Errorf("decoy %s has no title", d.ID)
		}
		if d.Context == Out && len(d.Hosts) == 0 && d.Tier.String() != "log" {
			t.Errorf("decoy %s would tell people of passing scanners: tier %s", d.ID, d.Tier)
		}
		for _, p := range d.Paths {
			found, ok := c.Find([]byte("any.example"), []byte("GET"), []byte(p))
			if !ok || found.ID != d.ID {
				t.Errorf("%s of %s finds %v", p, d.ID, found)
			}
		}
	}
}

func TestShippedCatalogueLeavesRealPagesAlone(t *testing.T) {
	c, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/", "/index.html", "/index.php", "/robots.txt", "/favicon.ico", "/.well-known/security.txt", "/.well-known/acme-challenge/x",
		"/wp-login.php", "/wp-admin/", "/xmlrpc.php", "/server-status", "/nginx_status", "/actuator/health", "/health", "/metrics",
		"/api/v1/users", "/swagger.json", "/openapi.json", "/admin", "/login", "/graphql", "/apple-touch-icon.png", "/sitemap.xml",
		"/environment", "/env", "/git", "/.gitignore.html", "/config", "/docker", "/backup", "/wp-json/wp/v2/posts", "/feed/",
	} {
		if d, ok := c.Find([]byte("www.example.com"), []byte("GET"), []byte(path)); ok {
			t.Errorf("%s is taken for the decoy %s", path, d.ID)
		}
	}
}
