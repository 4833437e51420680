package behaviour

import "testing"

func TestAssets(t *testing.T) {
	f := func(path string, want bool) {
		t.Helper()
		if got := isAsset([]byte(path)); got != want {
			t.Errorf("%q is an asset: %v", path, got)
		}
	}
	f("/static/app.3f2a.js", true)
	f("/favicon.ico", true)
	f("/fonts/a.woff2", true)
	f("/", false)
	f("", false)
	f("/index.html", false)
	f("/api/v1.2/users", false)
	f("/users/7", false)
	f("/js", false)
}

func TestDownloads(t *testing.T) {
	f := func(path string, want bool) {
		t.Helper()
		if got := isDownload([]byte(path)); got != want {
			t.Errorf("%q is a download: %v", path, got)
		}
	}
	f("/files/tool-1.2.tar.gz", true)
	f("/files/tool.jar", true)
	f("/exports/customers.csv", false)
	f("/exports/zip", false)
}

func TestHoles(t *testing.T) {
	f := func(template, path, want string) {
		t.Helper()
		h, got := holeOf([]byte(template)), ""
		if h != noHole {
			got = string(h.in([]byte(path)))
		}
		if got != want {
			t.Errorf("%s of %s is %q, want %q", path, template, got, want)
		}
	}
	f("/users/{id}", "/users/7", "7")
	f("/users/{id}", "/api/v2/users/7/", "7")
	f("/users/{id}/orders/{order}", "/users/7/orders/12", "12")
	f("/users/{id}/orders", "/users/7/orders", "7")
	f("/users/:id/orders", "/users/7/orders", "7")
	f("/files/{slug}.pdf", "/files/report.pdf", "report.pdf")
	f("/users", "/users", "")
	f("/api/{version}/users", "/api/v1/users", "")
	f("/users/{id}/{unknown}", "/users/7/x/y", "")
	f("/{other}", "/x", "")
	f("/users/{id}/a/b/c", "/7", "")
	f("", "/users/7", "")
}

func TestNumbersInIdentifiers(t *testing.T) {
	f := func(id string, want uint64, ok bool) {
		t.Helper()
		if n, got := numberIn([]byte(id)); n != want || got != ok {
			t.Errorf("%q is %d, %v", id, n, got)
		}
	}
	f("1041", 1041, true)
	f("INV-1041", 1041, true)
	f("007", 7, true)
	f("", 0, false)
	f("report", 0, false)
	f("9f1c2a7e-0000-4000-8000-000000000012", 0, false)
	f("5f3e2d1c0b9a887766554433", 0, false)
	f("12345678901234567890", 0, false)
}
