package behaviour

import "testing"

func TestBrowsers(t *testing.T) {
	f := func(name string, want crowd) {
		t.Helper()
		var a agents
		for range 2 {
			if got, _ := a.of([]byte(name)); got != want {
				t.Errorf("%q is %d, want %d", name, got, want)
			}
		}
	}
	f("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", browsers)
	f("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", browsers)
	f("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", browsers)
	f("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16", browsers)
	f("", programs)
	f("-", programs)
	f("curl/8.5.0", programs)
	f("okhttp/4.12.0", programs)
	f("MyShop/3.2 (iPhone; iOS 17.4)", programs)
	f("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", programs)
	f("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36", programs)
	f("Mozilla/5.0 (iPhone; CPU iPhone OS 6_0 like Mac OS X) AppleWebKit/536.26 (KHTML, like Gecko) Version/6.0 Mobile/10A5376e Safari/8536.25 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", programs)
}
