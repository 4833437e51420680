package unfold

import (
	"slices"
	"strings"
	"testing"
)

func formsOf(t *testing.T, in string) []string {
	t.Helper()
	var u Unfolder
	return texts(u.Forms([]byte(in)))
}

func texts(forms [][]byte) (out []string) {
	for _, f := range forms {
		out = append(out, string(f))
	}
	return out
}

func TestForms(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		if got := formsOf(t, in); !slices.Equal(got, want) {
			t.Errorf("Forms(%q) = %q, want %q", in, got, want)
		}
	}
	f("")
	f("plain")
	f("/api/v1/users/17")
	f("https://example.com/a/b?x=1&y=2&lt=5")
	f("50% off")
	f("%zz%4")

	// percent
	f("%2e%2e%2f", "../")
	f("%2E%u002e%u2215", "..∕", "../")
	f("’ or ‘1", "' or '1")
	f("%fc%80%80%80%80%af%f8%80%80%80%ae%c0%5c", "\xfc\x80\x80\x80\x80\xaf\xf8\x80\x80\x80\xae\xc0\\", `/.\`, "/")
	f("%252e", "%2e", ".")
	f("%25252527", "%252527", "%2527", "%27", "'")
	f("a%20b%", "a b%")
	f("a+b")

	// characters
	f(`\u003cscript\x3e`, "<script>")
	f(`\u{3c}b\u{000003e}`, `<b\u{000003e}`, `<b/u{000003e}`)
	f("&lt;b&gt;", "<b>")
	f("&#60;b&#x3e", "<b>")
	f("&#0000060;", "<")
	f("java&Tab;script&colon;x", "java\tscript:x", "java script:x")
	f("a&copy;b")
	f("a&#99999999999;")
	f("%26lt%3b", "&lt;", "<")
	f("..%c0%af", "..\xc0\xaf", "../")
	f("%e0%80%af%f0%80%80%af%c0%2e", "\xe0\x80\xaf\xf0\x80\x80\xaf\xc0.", "//.", "/.")
	f("＜ｓｃｒｉｐｔ＞", "<script>")
	f("a\u3000b", "a b")
	f("你好，世界", "你好,世界")
	f("ﾊﾝｶｸ")

	// base64
	f("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "<script>alert(1)</script>")
	f("a=1&data=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg&b=2", "a=1&data=<script>alert(1)</script>&b=2")
	f("data=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg%3D%3D",
		"data=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data=<script>alert(1)</script>")
	f("dW5pb24gc2VsZWN0IDE", "union select 1")
	f("administrators")
	f("1442431887503330")
	f("3f2504e04f8911d39a0c0305e82c3301")

	// spaces
	f("union/**/select/* x */1", "union select 1")
	f("/*!50000union*/ select", " union select")
	f("un\x00ion \t\n  select", "union select")
	f("un\x00ion", "union")
	f("a/*b")
	f("a/*/b")
	f("/*!1")

	// path
	f(`..\..\etc`, "../../etc")
	f("/a//b/./c///d", "/a/b/c/d")
	f("http://host//a", "http://host/a")
	f("/../..")
}

func TestQueryForms(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		var u Unfolder
		if got := texts(u.QueryForms([]byte(in))); !slices.Equal(got, want) {
			t.Errorf("QueryForms(%q) = %q, want %q", in, got, want)
		}
	}
	f("q=1")
	f("q=a+b", "q=a b")
	f("q=a%2bb", "q=a+b")
	f("q=1+%2527", "q=1 %27", "q=1 '")
	f("q=a++b", "q=a  b", "q=a b")
	f("q=1%2Bor%2B1%253D1", "q=1+or+1%3D1", "q=1 or 1=1")
}

func TestDepthAndLengthAreBounded(t *testing.T) {
	deep := formsOf(t, "%"+strings.Repeat("25", 30)+"41")
	if len(deep) != MaxForms {
		t.Errorf("%d forms of a deep encoding, want %d", len(deep), MaxForms)
	}
	long := formsOf(t, strings.Repeat("%41", MaxBytes))
	if len(long) != 1 || len(long[0]) > MaxBytes {
		t.Errorf("%d forms of a long value", len(long))
	}
}

func TestFormsTakeNoMemory(t *testing.T) {
	var u Unfolder
	v := []byte("a=%252e%252e%252f&b=PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg%3D%3D&c=/**/x//y")
	if n := testing.AllocsPerRun(100, func() { u.Forms(v); u.QueryForms(v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
