package payload

import (
	"bytes"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/payload/unfold"
)

// FuzzSuspicious looks for a value that the filter lets go although an analyser
// finds something in it or in one of its forms.
func FuzzSuspicious(f *testing.F) {
	for _, s := range []string{
		"plain", "1 or 1=1", "1 union select 2", "cat /etc/passwd", "..%2f", "rO0ABXNyABF", "a;id", "http://127.1/", "169.254.169.254", "__proto__.a", "class.module.classLoader",
		"web-inf/web.xml", "php://input", "x.exe -n 1.1.1.1", "data:text/plain,x", "1 waitfor delay 1", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg", "a%20b%2fetc/issue", "1 order by 4", "ping -c 1 8.8.8.8",
		"eval base64", "c:/boot.ini", "/var/log/x", "sleep (5)", "call_user_func_array", "1 or 1 in 1", "@@version from", "_$$nd_func$$_", "a--", "on=(", "x::-j", "/latest/meta-data", "constructor[prototype]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		v = v[:min(len(v), maxValue)]
		var a Analyser
		var u unfold.Unfolder
		if Suspicious(v) {
			return
		}
		if k := a.forms(nil, v, u.Forms(v), inValue); k != 0 {
			t.Fatalf("%q is %v, and not suspicious", v, k)
		}
		if k := a.Value(v); k != 0 {
			t.Fatalf("Value(%q) = %v, and not suspicious", v, k)
		}
	})
}

// TestSuspiciousQuery asks whether a query that begins with a space is let go.
func TestSuspiciousQuery(t *testing.T) {
	for _, v := range []string{"+or+true", "+into+outfile"} {
		if !Suspicious([]byte(v)) {
			t.Errorf("%q is not suspicious", v)
		}
	}
}

// FuzzAnalyser looks for a value that breaks an analyser, or one whose kinds
// depend on what was looked at before it.
func FuzzAnalyser(f *testing.F) {
	for _, s := range []string{
		"a=1&b=%27+or+1=1--&c", `j={"a":"\"","$ne":[1,"<x onerror=a(b)>"]}`, "/a/..;/b/%3Cscript%3E", "${${lower:j}ndi:x}", "O:1:\"a\":0:{}", "http://[::1]/?q=`id`", "() { :;}; x", "*)(|(a=b", "<!DOCTYPE a [",
	} {
		f.Add([]byte(s))
	}
	var used Analyser
	f.Fuzz(func(t *testing.T, v []byte) {
		was := bytes.Clone(v)
		for name, find := range map[string]func(*Analyser, []byte) Kinds{
			"Path": (*Analyser).Path, "Query": (*Analyser).Query, "Header": (*Analyser).Header, "Value": (*Analyser).Value,
		} {
			if again, once := find(&used, v), find(new(Analyser), v); again != once {
				t.Fatalf("%s(%q) = %v after others, %v alone", name, v, again, once)
			}
		}
		if !bytes.Equal(v, was) {
			t.Fatalf("the value was changed to %q", v)
		}
	})
}
