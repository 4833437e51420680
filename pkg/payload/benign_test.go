package payload

import (
	"strings"
	"testing"
)

// What people and programs send every day, of all sorts.
func TestNothing(t *testing.T) {
	clean(t,
		"550e8400-e29b-41d4-a716-446655440000", "52.5200,13.4050", "+1 (555) 123-4567", "(0)30 / 123 456", "john.doe+tag@example.com", "2024-05-01T12:30:00Z", "2024-05-01T12:30:00+02:00", "2024-W05", "12:30", "1,2,3", "-created_at", "name,-age", "50% off; today only", "100%",
		"#hashtag", "@handle", "color: #fff; background: red", "d41d8cd98f00b204e9800998ecf8427e", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "YWJjZGVmZ2hpamtsbW5vcA==", "c29tZSB0ZXh0IGhlcmU=",
		"Was heißt \"Grüße\" auf Englisch?", "¿Dónde está la biblioteca?", "C'est l'été; il fait beau (25 °C)", "日本語のテキスト（テスト）", "你好，世界！", "Привет, мир!", "1.234,56 €", "$1,234.56", "£5 - £10", "3 x 4 = 12", "H₂O & CO₂", "a/b testing", "and/or", "w/o sugar", "24/7",
		"M-F 9:00-17:00", "rgb(255, 0, 0)", "translate(10px, 20px)", "matrix;v=1;w=2", "gzip, deflate, br", "text/html;q=0.9,*/*;q=0.8", "bytes=0-1023", "W/\"0815\"", "utm_source=google&utm_medium=cpc", "fbclid=IwAR0abc-_123", "UTF-8''file%20name.txt", "key:value AND other:\"quoted value\"", "title:(foo OR bar) NOT baz",
		"level:error status:[500 TO 599]", "SUM(price) by category", "=SUM(A1:B2)", "A1:B2", "x^2 + y^2 = r^2", "\\alpha + \\beta", "~50 km", "*.log", "**/*.go", "src/**/*.ts", "foo_bar__baz", "--help", "-v", "git commit -m 'fix bug'", "Ctrl+Alt+Del", "<Ctrl>+C", "a => b", "it's \"complicated\"; isn't it?",
		"Where can I find the best price for a used car (2019 or 2020), and is it under $10,000?", "select", "union", "or", "and", "script", "passwd", "admin", "root", "test", "null", "undefined", "NaN", "true", "false", "0", "-1", "1e5", "0x1F", "[]", "{}", "()", "''", "\"\"", "!", "?", "#", "...", "--", ";", ",")
}

func TestBenignHeaders(t *testing.T) {
	var a Analyser
	for _, v := range []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727; Media Center PC 6.0)",
		"curl/8.5.0", "python-requests/2.31.0", "Go-http-client/1.1", "Wget/1.21.3", "-", "Java/17.0.1", "Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.0.1) Gecko/2008070208 Firefox/3.0.1", "Mozilla/5.0 (Linux; Android 13; SM-S901B Build/TP1A.220624.014; wv) AppleWebKit/537.36",
		"okhttp/4.9.3", "PostmanRuntime/7.36.0", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) [FBAN/FBIOS;FBAV/400.0.0;FBBV/1;FBDV/iPhone13,2]", "Dalvik/2.1.0 (Linux; U; Android 9; id; SM-J730G)", "ELinks/0.12 (textmode; Linux; 80x24-2)",
		"https://www.google.com/search?q=what%27s+the+time%3F", "https://example.com/a/b/?x=1&y=2#frag", "203.0.113.7, 10.0.0.1", "for=192.0.2.60;proto=http;by=203.0.113.43", "https://www.bing.com/",
	} {
		if got := a.Header([]byte(v)); got != 0 {
			t.Errorf("Header(%q) = %v", v, got)
		}
	}
}

func TestHeaders(t *testing.T) {
	f := func(v string, want Kinds) {
		t.Helper()
		if got := new(Analyser).Header([]byte(v)); got&want == 0 {
			t.Errorf("Header(%q) = %v, want %v", v, got, want)
		}
	}
	f("Mozilla/5.0' or '1'='1", SQLi)
	f("(select(0)from(select(sleep(15)))v)/*'+(select(0)from(select(sleep(15)))v)+'*/", SQLi)
	f("() { :;}; /bin/bash -c 'id'", Command)
	f("<script>alert(1)</script>", XSS)
	f("../../../etc/passwd", Traversal)
	f("127.0.0.1; cat /etc/passwd", Command)
	f("https://example.com/?q=%3Cscript%3Ealert(1)%3C/script%3E", XSS)
	f("https://example.com/../../etc/passwd", Traversal)
	f("}__test|O:21:\"JDatabaseDriverMysqli\":3:{s:2:\"fc\";O:17:\"JSimplepieFactory\":0:{}", Deserialisation)
	f("{{7*7}}", Template)
}

func TestLongValuesEnd(t *testing.T) {
	var a Analyser
	for _, unit := range []string{"'", "(", ")(", "${", "/*", "&#", "<", "{{", "..", "%25", "\\", "union ", "on", "or ", "\"", ";", "javascript", "a=1&", "[$", "(#"} {
		a.Value([]byte(strings.Repeat(unit, 1<<15/len(unit))))
		a.Query([]byte(strings.Repeat(unit, 1<<15/len(unit))))
		a.Path([]byte(strings.Repeat(unit, 1<<15/len(unit))))
	}
}
