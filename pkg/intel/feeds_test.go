package intel

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunKeepsAFeedFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plain("list"))
		b.site.text("/list", "192.0.2.1\n192.0.2.2\n198.51.100.7\n")
		b.has("192.0.2.1", "192.0.2.2")
		if s := b.state(); s.Taken != 2 || s.Refused != 1 || s.Kinds["address"] != 2 || s.Seen.IsZero() {
			t.Errorf("%+v", s)
		}
		b.pass(2 * time.Hour)
		if s := b.state(); s.Seen.Equal(s.Changed) || b.site.requests() < 2 || b.told > 2 {
			t.Errorf("an answer that it has not changed was not taken: %+v, told %d times", s, b.told)
		}
		b.site.text("/list", "192.0.2.3\n")
		b.pass(2 * time.Hour)
		b.has("192.0.2.3")
		b.stop()

		// Again, without a network.
		b.site.set("/list", nil)
		asked := b.site.requests()
		b.start(plain("list"))
		b.has("192.0.2.3")
		if b.site.requests() != asked {
			t.Error("a restart asks before it is time")
		}
		b.pass(3 * time.Hour)
		b.has("192.0.2.3")
		if s := b.state(); !strings.Contains(s.Problem, "404") || s.Failures < 2 {
			t.Errorf("%+v", s)
		}
		b.stop()
	})
}

func TestNothingBrokenTakesAFeedsPlace(t *testing.T) {
	f := func(name string, page http.HandlerFunc, problem string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			feed := plain("list")
			feed.MaxBytes = 1000
			b := newBench(t, feed)
			b.site.text("/list", "192.0.2.1\n")
			b.has("192.0.2.1")
			b.site.set("/list", page)
			b.pass(2 * time.Hour)
			b.has("192.0.2.1")
			if s := b.state(); !strings.Contains(s.Problem, problem) || s.Failures == 0 || s.Taken != 1 {
				t.Errorf("%s: %+v", name, s)
			}
			b.site.text("/list", "192.0.2.2\n")
			b.pass(2 * time.Hour)
			b.has("192.0.2.2")
			if s := b.state(); s.Problem != "" || s.Failures != 0 {
				t.Errorf("%s: once it works again: %+v", name, s)
			}
			b.stop()
		})
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	f("500", status(500), "500")
	f("401", status(401), "look at token_file")
	f("empty", body(""), "nothing in it")
	f("page", body("<html><body>Please log in</body></html>"), "a page")
	f("comments", body("# nothing today\n"), "no indicator")
	f("error in JSON", body(`{"error": "quota"}`), `no "Event"`)
	f("half of gzip", body("\x1f\x8b\x08\x00\x00\x00"), "gzip")
	f("half of zstd", body("\x28\xb5\x2f\xfd\x00"), "read")
	f("too large", body(strings.Repeat("192.0.2.9\n", 101)), "more than 1000 bytes")
	f("redirects for ever", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/list", http.StatusFound) }, "redirects again and again")
	f("redirects to http", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://intel.example/x", http.StatusFound)
	}, "from https to http")
}

func addresses(from, n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "203.0.113.%d\n", from+i)
	}
	return s.String()
}

// Narrow prefixes that are everybody together are held from the first look on.
func TestAFeedAboutEverybodyIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := plain("list")
		list.MaxCover = 1
		b := newBench(t, list)
		everybody := "192.0.2.2\n"
		for i := range 1 << 10 {
			everybody += fmt.Sprintf("%d.%d.0.0/16\n", 11+i>>8, i&255)
		}
		b.site.text("/list", everybody)
		b.has()
		if s := b.state(); s.Held == nil || s.Held.Reason != "it is about 1.6 % of all addresses (max_cover: 1)" {
			t.Fatalf("%+v", s)
		}
		b.site.text("/list", addresses(0, 100)+"192.0.2.1\n198.18.0.0/15\n")
		b.pass(2 * time.Hour)
		b.has("192.0.2.1")
		b.site.text("/list", everybody)
		b.pass(2 * time.Hour)
		b.has("192.0.2.1")
		if _, err := Accept(b.dir, "list"); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		b.has("192.0.2.2")
	})
}

func TestAFeedThatShrinksIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plain("list"))
		b.site.text("/list", addresses(0, 100)+"192.0.2.1\n")
		b.has("192.0.2.1")
		b.site.text("/list", addresses(0, 40))
		b.pass(2 * time.Hour)
		b.has("192.0.2.1")
		s := b.state()
		if s.Held == nil || s.Held.Taken != 40 || s.Taken != 101 {
			t.Fatalf("%+v", s)
		}
		b.pass(5 * time.Hour)
		if s := b.state(); s.Held == nil || s.Seen.Equal(s.Checked) {
			t.Errorf("what is held is taken for fresh: %+v", s)
		}
		b.stop()
		b.start(plain("list"))
		b.has("192.0.2.1")
		if _, err := Accept(b.dir, "list"); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		b.has()
		if s := b.state(); s.Held != nil || s.Taken != 40 {
			t.Errorf("once accepted: %+v", s)
		}
		if _, err := Accept(b.dir, "list"); !errors.Is(err, ErrNothingHeld) {
			t.Errorf("accepted twice: %v", err)
		}
		if _, err := Accept(b.dir, "../list"); !errors.Is(err, ErrNothingHeld) {
			t.Errorf("accepted outside: %v", err)
		}
		b.stop()
	})
}

func TestHeldIsForgottenWhenTheFeedIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plain("list"))
		b.site.text("/list", addresses(0, 100))
		b.pass(time.Second)
		b.site.text("/list", addresses(0, 10))
		b.pass(2 * time.Hour)
		b.site.text("/list", addresses(0, 100))
		b.pass(2 * time.Hour)
		if s := b.state(); s.Held != nil || s.Taken != 100 {
			t.Errorf("%+v", s)
		}
		files, err := filepath.Glob(filepath.Join(b.dir, "list", "body-*"))
		if err != nil || len(files) != 1 {
			t.Errorf("bodies left: %v, %v", files, err)
		}
		b.stop()
	})
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := plain("list")
		feed.Every = 4 * time.Hour
		b := newBench(t, feed)
		b.site.set("/list", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		b.pass(4 * time.Hour)
		if n := b.site.requests(); n < 6 || n > 12 {
			t.Errorf("%d requests in four hours, want one after half a minute, then each time twice as late", n)
		}
		b.site.set("/list", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "36000")
			w.WriteHeader(429)
		})
		b.pass(5 * time.Hour)
		before := b.site.requests()
		b.pass(4 * time.Hour)
		if b.site.requests() != before {
			t.Error("the server wanted to be left alone")
		}
		b.stop()
	})
}

func TestIndicatorsLiveOnWhileTheFeedSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := plain("list")
		feed.Read.Expires = 24 * time.Hour
		b := newBench(t, feed)
		b.site.text("/list", "192.0.2.1\n")
		b.pass(72 * time.Hour)
		b.has("192.0.2.1")
		b.site.set("/list", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		b.pass(12 * time.Hour)
		b.has("192.0.2.1")
		b.pass(24 * time.Hour)
		b.has()
		b.stop()
	})
}

func TestDamageOnDisk(t *testing.T) {
	f := func(damage func(dir string) error) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, plain("list"))
			b.site.text("/list", "192.0.2.1\n")
			b.has("192.0.2.1")
			b.stop()
			if err := damage(filepath.Join(b.dir, "list")); err != nil {
				t.Fatal(err)
			}
			b.start(plain("list"))
			b.has("192.0.2.1") // fetched in full
			b.stop()
		})
	}
	each := func(dir, pattern string, do func(file string) error) error {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) != 1 {
			return fmt.Errorf("%s: %v, %w", pattern, files, err)
		}
		return do(files[0])
	}
	f(func(dir string) error { return each(dir, "body-*", os.Remove) })
	f(func(dir string) error {
		return each(dir, "body-*", func(file string) error { return os.WriteFile(file, []byte("192.0.2.9\n"), 0o600) })
	})
	f(func(dir string) error { return each(dir, stateFile, os.Remove) })
	f(func(dir string) error {
		return each(dir, stateFile, func(file string) error { return os.WriteFile(file, []byte(`{"feed": `), 0o600) })
	})
	f(os.RemoveAll)
}

// A full disk is told once, whatever the temporary file is called.
func TestCauseNamesNoFile(t *testing.T) {
	for _, name := range []string{".body-1", ".body-2"} {
		err := fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: name, Err: syscall.ENOSPC})
		if got := cause(err); got != syscall.ENOSPC {
			t.Errorf("%v", got)
		}
	}
}

func TestFileFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "own.txt")
		write := func(text string, at time.Time) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
		feed := Feed{Name: "own", File: path}
		b := newBench(t, feed)
		b.pass(time.Second)
		if s := b.state(); !strings.Contains(s.Problem, "no such file") {
			t.Errorf("%+v", s)
		}
		write("192.0.2.1\n", time.Now())
		b.pass(time.Minute)
		b.has("192.0.2.1")
		write("192.0.2.2\n", time.Now())
		b.pass(time.Minute)
		b.has("192.0.2.2")
		write("", time.Now())
		b.pass(time.Minute)
		b.has("192.0.2.2")
		write("# nobody for now\n", time.Now())
		b.pass(time.Minute)
		b.has()
		write("192.0.2.2\n", time.Now())
		b.pass(time.Minute)
		b.has("192.0.2.2")
		b.stop()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		b.start(feed)
		b.has("192.0.2.2")
		b.stop()
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plain("one"))
		b.site.text("/one", "192.0.2.1\n192.0.2.2\n")
		b.site.text("/two", "192.0.2.3\n")
		b.has("192.0.2.1", "192.0.2.2")
		if err := b.feeds.Reload([]Feed{plain("one"), plain("one")}, nil); err == nil {
			t.Error("two feeds of one name were taken")
		}
		if err := b.feeds.Reload([]Feed{plain("one"), plain("two")}, []netip.Prefix{netip.MustParsePrefix("192.0.2.2/32")}); err != nil {
			t.Fatal(err)
		}
		b.has("192.0.2.1", "192.0.2.3")
		moved := plain("two")
		moved.URL = "https://intel.example/elsewhere"
		if err := b.feeds.Reload([]Feed{moved}, nil); err != nil {
			t.Fatal(err)
		}
		b.has() // what the old place said is not what the new one says
		states, err := ReadStates(b.dir)
		if err != nil || len(states) != 1 || states[0].Feed != "two" {
			t.Errorf("of a feed that is configured no more, something is kept: %+v, %v", states, err)
		}
		b.stop()
	})
}

func TestSecretsStayOnTheirHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(token, []byte("s3cret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		feed := plain("list")
		feed.URL += "?key=s3cret"
		feed.TokenFile, feed.TokenHeader = token, "X-Key"
		b := newBench(t, feed)
		b.site.set("/list", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example/moved", http.StatusFound)
		})
		b.site.text("/moved", "192.0.2.1\n")
		b.has("192.0.2.1")
		if b.site.header[0].Get("X-Key") != "s3cret" || b.site.header[1].Get("X-Key") != "" {
			t.Errorf("%v", b.site.header)
		}
		if from := b.site.header[1].Get("Referer"); from != "" {
			t.Errorf("the other host is told of %s", from)
		}
		b.stop()
	})
}

func TestFeedsThatCannotBe(t *testing.T) {
	f := func(feed Feed, want string) {
		t.Helper()
		if err := feed.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", feed, err, want)
		}
	}
	f(Feed{URL: "https://x/"}, "a name")
	f(Feed{Name: "../x", URL: "https://x/"}, "a name")
	f(Feed{Name: "x"}, "either a URL or a file")
	f(Feed{Name: "x", URL: "https://x/", File: "y"}, "either a URL or a file")
	f(Feed{Name: "x", URL: "ftp://x/"}, "want a URL")
	f(Feed{Name: "x", URL: "http://x/", TokenFile: "t"}, "in the clear")
}

func TestOriginHoldsNoSecret(t *testing.T) {
	f := func(url, want string) {
		t.Helper()
		if got := (&Feed{URL: url}).origin(); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	f("https://user:word@intel.example/list", "https://intel.example/list")
	f("https://intel.example/list?key=abc", "https://intel.example/list?ad29e345")
}
