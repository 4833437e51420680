package decoy

import (
	"bytes"
	"testing"
)

func TestAppendClean(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if got := string(AppendClean(nil, []byte(in))); got != want {
			t.Errorf("AppendClean(%q) = %q, want %q", in, got, want)
		}
	}
	f("/.env", "/.env")
	f("/%2eenv", "/.env")
	f("/%2E%65%6ev", "/.env")
	f("//.env", "/.env")
	f("/./.env", "/.env")
	f("/a/../.env", "/.env")
	f("/a/%2e%2e/.env", "/.env")
	f("/a%2f..%2f.env", "/.env")
	f("/../../.env", "/.env")
	f("/a/b/../c", "/a/c")
	f("/a/b/..", "/a/")
	f("/a/.", "/a/")
	f("/..", "/")
	f("/", "/")
	f("/a/", "/a/")
	f("/a//", "/a/")
	f("/a...", "/a...")
	f("/.../a", "/.../a")
	f("/%252eenv", "/%2eenv") // decoded once
	f("/%", "/%")
	f("/%2", "/%2")
	f("/%zz", "/%zz")
	f("http://host/.env", "/.env")
	f("HTTP://host:8080//.env", "/.env")
	f("http://host", "")
	f("host:443", "")
	f("*", "")
	f("", "")
	f("/A", "/A")
}

func FuzzAppendClean(f *testing.F) {
	for _, seed := range []string{"/.env", "/a/../b", "//%2e%2e/%2f", "http://x/%41", "/\x00\xff%", "*"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, path []byte) {
		prefix := []byte("kept")
		out := AppendClean(prefix, path)
		if !bytes.HasPrefix(out, prefix) {
			t.Fatalf("%q overwrote what came before: %q", path, out)
		}
		clean := out[len(prefix):]
		if len(clean) == 0 {
			return
		}
		if clean[0] != '/' || len(clean) > len(path) {
			t.Fatalf("%q came out as %q", path, clean)
		}
		for _, bad := range []string{"//", "/./", "/../"} {
			if bytes.Contains(clean, []byte(bad)) {
				t.Fatalf("%q came out as %q, which holds %q", path, clean, bad)
			}
		}
		plain := newPlainBytes()
		if path[0] == '/' && plain.plain(path) && !bytes.Equal(clean, path) {
			t.Fatalf("%q was called plain, and came out as %q", path, clean)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("/a/b")
	f.Add("/a//%2e./b.c")
	f.Fuzz(func(t *testing.T, path string) {
		if got, want := Clean(path), string(AppendClean(nil, []byte(path))); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	})
}

func TestCleanPathsAreNotCopied(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Clean("/articles/1.html") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
