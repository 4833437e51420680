package accesslog

import "testing"

func TestSessionOutOfCookies(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		m := Mapping{"cookie": {Path: "/c"}, "method": {Path: "/m"}, "time": {Path: "/t"}}
		got := one(t, Options{Format: "json", Mapping: m}, `{"m":"GET","t":1714557600,"c":"`+in+`"}`)
		if want = `method=GET ` + want + `time=2024-05-01T10:00:00Z quality=[no_bytes no_user_agent status_unknown]`; got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(`PHPSESSID=abc`, `session=abc `)
	f(`a=1; JSESSIONID=\"x y\"; b=2`, `session=x y `)
	f(`connect.sid=s%3Aabc`, `session=s%3Aabc `)
	f(`sid=1;session=2`, `session=1 `)
	f(`my_SID=1`, `session=1 `)
	f(`aside=1; sid2=3; sidney`, ``)
	f(`sid=; sid=-`, ``)
	f(`session=REDACTED`, ``)
	f(`REDACTED`, ``)
	f(`;;=;==`, ``)
}

func TestRedactedSecretsAreNobody(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		m := Mapping{"authorization": {Path: "/a"}, "key": {Path: "/k"}, "method": {Path: "/m"}, "time": {Path: "/t"}}
		got := one(t, Options{Format: "json", Mapping: m}, `{"m":"GET","t":1714557600,`+in+`}`)
		if want = `method=GET ` + want + `time=2024-05-01T10:00:00Z quality=[no_bytes no_user_agent status_unknown]`; got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(`"a":"Bearer abc"`, `principal_kind=token principal=abc `)
	f(`"a":"REDACTED"`, ``)
	f(`"a":"Bearer [redacted]"`, ``)
	f(`"a":"Basic dTpw"`, ``)
	f(`"k":"******"`, ``)
	f(`"k":"<REDACTED>"`, ``)
	f(`"k":"k1"`, `principal_kind=key principal=k1 `)
}
