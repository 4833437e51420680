package inventory

import "testing"

func TestShapes(t *testing.T) {
	f := func(segment, want string) {
		t.Helper()
		got := formOf([]byte(segment), key{})
		if name := (key{got.kind, got.class, string(got.name)}).piece(); name != want {
			t.Errorf("%q came out as %q, want %q", segment, name, want)
		}
	}
	// numbers
	f("0", "{id}")
	f("4711", "{id}")
	f("2024", "{id}")
	f("12345678901234567890", "{id}")
	f("4711.json", "{id}.json")
	f("4711.PDF", "{id}.pdf")
	f("4711:cancel", "{id}")
	f("order-12345", "{id}")
	f("INV0012345", "{id}")
	f("user_1001", "{id}")
	f("sha256", "sha256")
	f("area-51", "area-51")
	f("oauth2", "oauth2")
	f("my-post-12345", "my-post-12345")
	// unique ids and hashes
	f("123e4567-e89b-12d3-a456-426614174000", "{uuid}")
	f("123E4567-E89B-12D3-A456-426614174000.png", "{uuid}.png")
	f("123e4567-e89b-12d3-a456-42661417400g", "{hash}")
	f("01ARZ3NDEKTSV4RRFFQ69G5FAV", "{ulid}")
	f("01arz3ndektsv4rrffq69g5fav", "{ulid}")
	f("507f1f77bcf86cd799439011", "{hash}")
	f("d41d8cd98f00b204e9800998ecf8427e", "{hash}")
	f("3f2a1b9c", "{hash}")
	f("app.3f2a1b9c.js", "{hash}.js")
	f("main-3f2a1b9c.chunk.css", "{hash}.css")
	f("deadbeef", "deadbeef")
	f("facade", "facade")
	// dates, releases, addresses
	f("2024-05-01", "{date}")
	f("2024_05_01", "{date}")
	f("2024-05", "{date}")
	f("20240501", "{date}")
	f("20241399", "{id}")
	f("2024-05-01T10-11-12Z", "{date}")
	f("2024-05-01T10:11:12Z", "{date}")
	f("report-2024-05-01.csv", "{date}.csv")
	f("2024-13-01", "2024-13-01")
	f("3.6.0", "{version}")
	f("v1.2.3", "{version}")
	f("1.0.0-rc.1", "{version}")
	f("192.0.2.1", "{ip}")
	// people and secrets
	f("jane@example.com", "{email}")
	f("jane%40example.com", "{email}")
	f("@jane", "@jane")
	f("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "{token}")
	f("dQw4w9WgXcQ", "{token}")
	f("cjld2cjxh0000qzrmn831i7rn", "{token}")
	f("cus_9s6XKzkNRiz8i3", "{token}")
	f("AKIAIOSFODNN7EXAMPLEKEY0123456789ABCDEF", "{token}")
	f("getUserById2", "getUserById2")
	f("internationalization", "internationalization")
	// versions stay
	f("v2", "v2")
	f("v1.1", "v1.1")
	f("v1beta1", "v1beta1")
	f("v12alpha3", "v12alpha3")
	f("vault", "vault")
	// words and what can be none
	f("users", "users")
	f("user-profile.html", "user-profile.html")
	f("jquery.min.js", "jquery.min.js")
	f(".env", ".env")
	f(".well-known", ".well-known")
	f("favicon.ico", "favicon.ico")
	f("cart;jsessionid=1A2B3C", "cart")
	f("caf%C3%A9", "{text}")
	f("größe", "{text}")
	f("Products(12)", "{text}")
	f("..", "{text}")
	f("<script>", "{text}")
	f("a-very-long-headline-that-goes-on-and-on-and-on-for-ever", "{slug}")
	f("averylongnamewithoutanydashesthatgoesonandonandonforever", "{token}")
}

func TestBareVersionsBelowAnAPI(t *testing.T) {
	f := func(parent, segment string, want class, kind kind) {
		t.Helper()
		if got := formOf([]byte(segment), key{name: parent}); got.class != want || got.kind != kind {
			t.Errorf("%q below %q has kind %d and class %d", segment, parent, got.kind, got.class)
		}
	}
	f("api", "2", versions, word)
	f("rest", "2.0", versions, word)
	f("api", "17", plain, id)
	f("users", "2", plain, id)
}

func TestExtensionsAreSorted(t *testing.T) {
	for i, name := range extensionNames {
		stem, c := splitExtension([]byte("x." + name))
		if string(stem) != "x" || c != extensions+class(i) || len(name) > longestExtension {
			t.Errorf("the extension %q is not found in its place", name)
		}
	}
	if int(extensions)+len(extensionNames) > 64 {
		t.Error("more classes than node.variable has bits")
	}
}

func TestSegmentsArePassedInOrder(t *testing.T) {
	f := func(path string, want ...string) {
		t.Helper()
		rest := []byte(path)
		var seg []byte
		for _, w := range append(want, "", "") {
			if seg, rest = cutSegment(rest); string(seg) != w {
				t.Errorf("%q: got %q, want %q", path, seg, w)
			}
		}
	}
	f("/")
	f("")
	f("/a", "a")
	f("/a/", "a")
	f("//a///b//", "a", "b")
}

func TestHosts(t *testing.T) {
	f := func(host, want string) {
		t.Helper()
		if got := string(appendHost([]byte("x"), []byte(host))); got != "x"+want {
			t.Errorf("%q came out as %q, want %q", host, got[1:], want)
		}
	}
	f("API.Example.com", "api.example.com")
	f("api.example.com:8443", "api.example.com")
	f("api.example.com.", "api.example.com")
	f("192.0.2.1", "")
	f("192.0.2.1:80", "")
	f("[2001:db8::1]:80", "")
	f("a b", "")
	f("${jndi:ldap}", "")
	f(".", "")
}
