package privacy

import (
	"fmt"
	"strings"
	"testing"
)

// masker makes a Masker of a test.
func masker(t testing.TB, o Options) *Masker {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// check gives a function that compares what becomes of a text, and that it
// stays so.
func check(t *testing.T, m *Masker) func(in, want string) {
	return func(in, want string) {
		t.Helper()
		got := m.String(in)
		if got != want {
			t.Errorf("%q\n came out as %q\n want        %q", in, got, want)
		}
		if again := m.String(got); again != got {
			t.Errorf("%q, masked, came out as %q", got, again)
		}
	}
}

// stays gives a function that checks that a text comes out as it is.
func stays(t *testing.T, m *Masker) func(in string) {
	f := check(t, m)
	return func(in string) { t.Helper(); f(in, in) }
}

func TestOrdinaryTextStays(t *testing.T) {
	f := stays(t, masker(t, Options{}))
	f("")
	f("/")
	f("/api/v1/orders/48650/items")
	f("/shop/category/shoes/item-4711?page=2&sort=price&currency=EUR")
	f("/2015/05/17/2015-05-17T10:05:03.123456789Z")
	f("/orders/4111111111111112")                // no Luhn
	f("/orders/1234567812345670")                // Luhn, no issuer
	f("/items/9780306406157/4006381333931")      // ISBN, EAN
	f("/u/550e8400-e29b-41d4-a716-446655440000") // UUID
	f("/u/12345678-4111-1111-1111-111111111111") // UUID of digits
	f("/t/1700000000/1700000000000/1700000000000000000")
	f("/static/app.4111111111111111abcdef.js")
	f("/static/main-3b18e512dba79e4c8300dd08aeb37f8e728b8dad.css")
	f("/a/0.4111111111111111/4111111111111111.5")
	f("/lib/1.2.3/jquery-3.7.1.min.js")
	f("192.168.100.200")
	f("/npm/@scope/pkg@1.2.3/dist/index.js")
	f("/npm/vue@2.6.11/dist/vue.min.js")
	f("/npm/vue@next")
	f("/img/logo@2x.png")
	f("/@medium/story-1234567890ab")
	f("/map/@52.5200,13.4050,15z")
	f("/users/@me")
	f("/map;zoom=4;layer=roads/tiles")
	f("/countries?code=DE&state=CA")
	f("/search?q=order+12345678901")
	f("/search?q=a%2Bb%20123-45-678")
	f("?tz=%2B0200&since=2024-05-01T00:00:00%2B02:00")
	f("/keyboard?monkey=banana&keynote=2&author=me&pinned=1&secretary=x&tokens=3")
	f("?mobile=1&email=true&token=null&auth=no")
	f("?pageToken=abc&next_token=def&token_type=Bearer")
	f("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36")
	f("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	f("/wiki/Bearer+instrument")
	f("/docs/basic+authentication")
	f("/img/eyJhbGciOi.png")
	f("/sk-bratislava-mesto/hm_1/ghp_x/glpat-x")
	f("-----BEGIN CERTIFICATE----- MIIB")
	f("DE00 3704 0044 0532 0130 00")
	f("/p/12345678A/X1234567A")
}

func TestByName(t *testing.T) {
	f := check(t, masker(t, Options{Parameters: []string{"X-Customer"}}))
	f("password=hunter2", "password=[password]")
	f("a=1&PassWord=hunter2&b=2", "a=1&PassWord=[password]&b=2")
	f("/login?user=bob&pwd=x", "/login?user=bob&pwd=[password]")
	f("/login?pwd=&b=2", "/login?pwd=&b=2")
	f("access_token=ya29.abc&x=y", "access_token=[token]&x=y")
	f("refresh-token=abc#top", "refresh-token=[token]")
	f("/cb#access_token=abc&token_type=bearer&id_token=d.e.f", "/cb#access_token=[token]&token_type=bearer&id_token=[token]")
	f("https://x.example/?api_key=11#token=2", "https://x.example/?api_key=[key]#token=[token]")
	f("apikey=11&API-Key=2&x-api-key=3&key=4&sig=5", "apikey=[key]&API-Key=[key]&x-api-key=[key]&key=[key]&sig=[key]")
	f("X-Amz-Signature=abcdef&X-Amz-Date=20240501", "X-Amz-Signature=[key]&X-Amz-Date=20240501")
	f("/a;jsessionid=0A1B2C;v=2/b?c=d", "/a;jsessionid=[session];v=2/b?c=d")
	f("/a;JSESSIONID=0A1B2C?c=d", "/a;JSESSIONID=[session]?c=d")
	f("/token=abc/next", "/token=[token]/next")
	f("token=abc/def+ghi==&n=1", "token=[token]&n=1")
	f("user[password]=a&user[name]=b&p[secret][]=c&secret[0]=d", "user[password]=[password]&user[name]=b&p[secret][]=[password]&secret[0]=[password]")
	f("user%5Bpassword%5D=a&b=c", "user%5Bpassword%5D=[password]&b=c")
	f("p%61ssword=a&x=y", "p%61ssword=[password]&x=y")
	f("dbPassword=a&client_secret=b&stripe.token=c&newUserToken=d", "dbPassword=[password]&client_secret=[password]&stripe.token=[token]&newUserToken=[token]")
	f("next=%2Fcb%3Ftoken%3Dabc%26x%3D1&y=2", "next=%2Fcb%3Ftoken%3D[token]%26x%3D1&y=2")
	f("next=%252Fcb%253Ftoken%253Dabc%2526x%253D1", "next=%252Fcb%253Ftoken%253D[token]%2526x%253D1")
	f("next=https://x/cb?token=abc&x=1", "next=https://x/cb?token=[token]&x=1")
	f("code=4%2F0AY0e-g7XYZ&state=xyz", "code=[token]&state=xyz")
	f(`code="4/0AY0e-g7XYZ";state=xyz`, `code="[token]";state=xyz`)
	f("code=4%2F0AY0e-g7XYZ&lang=de", "code=4%2F0AY0e-g7XYZ&lang=de")
	f("otp=123456&pin=1234&cvv=123", "otp=[password]&pin=[password]&cvv=[password]")
	f("email=bob&phone=123&ssn=11&PHPSESSID=ab12", "email=[email]&phone=[phone]&ssn=[national_id]&PHPSESSID=[session]")
	f("password=gr%C3%BCn&contraseña=x", "password=[password]&contraseña=[password]")
	f("x_customer=77&b=1", "x_customer=[token]&b=1")
	f("Cookie: theme=dark; sid=abc; lang=de", "Cookie: theme=dark; sid=[session]; lang=de")
	f("Cookie: connect.sid=s%3Aabc.def; a=b", "Cookie: connect.sid=[session]; a=b")
	f("level=info password=hunter2 user=bob", "level=info password=[password] user=bob")
	f("password = hunter2", "password = [password]")
	f(`password="correct horse" user="bob"`, `password="[password] [password]" user="bob"`)
}

// TestNoNameIsRuledOut: the quick look at how a name ends loses none, however
// it is written.
func TestNoNameIsRuledOut(t *testing.T) {
	m := masker(t, Options{Parameters: []string{"q"}})
	f := func(name string) {
		t.Helper()
		text := "?x=y&" + name + "=hunter22&state=z"
		if got := m.String(text); strings.Contains(got, "hunter22") {
			t.Errorf("%s stays", got)
		}
	}
	for name, kind := range m.names.exact {
		if kind == notSecret {
			continue
		}
		f(name)
		f(strings.ReplaceAll(strings.ToUpper(name), "Ñ", "ñ"))
		f("a[" + name + "]")
		f(name + "[]")
		f(name + "%5B0%5D")
		for i := range len(name) {
			f(fmt.Sprintf("%s%%%02X%s", name[:i], name[i], name[i+1:]))
			f(fmt.Sprintf("%s%%25%02x%s", name[:i], name[i], name[i+1:]))
			f(name[:i] + "_" + name[i:])
		}
	}
	for name := range m.names.last {
		f("my_" + name)
		f("my" + strings.ToUpper(name[:1]) + name[1:])
		f("my." + name)
	}
}

func TestMembersAndHeaders(t *testing.T) {
	f := check(t, masker(t, Options{}))
	f(`{"user":"bob","password":"abc\"def","n":1}`, `{"user":"bob","password":"[password]\"[password]","n":1}`)
	f(`{"user":"bob","password" : "abc","pin":1234,"token":null}`, `{"user":"bob","password" : "[password]","pin":[password],"token":null}`)
	f(`{"access_token":"abc`, `{"access_token":"[token]`)
	f(`{"body":"{\"password\":\"abc\",\"x\":1}"}`, `{"body":"{\"password\":\"[password]\",\"x\":1}"}`)
	f(`q=%7B%22password%22%3A%22abc%22%2C%22x%22%3A1%7D`, `q=%7B%22password%22%3A%22[password]%22%2C%22x%22%3A1%7D`)
	f(`Authorization: Bearer abc.def-123`, `Authorization: Bearer [token]`)
	f(`authorization: abcdef`, `authorization: [token]`)
	f("X-Api-Key: abcdef\r\nHost: x", "X-Api-Key: [key]\r\nHost: x")
	f("GET /login?password=abc HTTP/1.1", "GET /login?password=[password] HTTP/1.1")
	f(`"GET /login?password=abc HTTP/1.1" 200 12`, `"GET /login?password=[password] HTTP/1.1" 200 12`)
	f(`{"uri":"/login?password=abc","status":200}`, `{"uri":"/login?password=[password]","status":200}`)
	f(`token:abc at noon`, `token:[token] at [token]`)
}

// TestAttacksStayVisible: what an attack is made of is not what it looks for.
func TestAttacksStayVisible(t *testing.T) {
	f := check(t, masker(t, Options{}))
	f("password=' OR 1=1--", "password=' OR 1=1--")
	f("password='+OR+1=1--", "password='+OR+1=1--")
	f("password=1+OR+1=1--", "password=1+OR+1=1--")
	f("password=%27%20OR%20%271%27=%271", "password=%27%20OR%20%271%27=%271")
	f("password=%2527%20or%201", "password=%2527%20or%201")
	f(`password=\x27 OR \x271`, `password=\x27 OR \x271`)
	f("password=abc'def1", "password=[password]'[password]")
	f("password=abc%27def1&x=y", "password=[password]%27[password]&x=y")
	f("password=hunter2' UNION SELECT null,version() FROM users--", "password=[password]' UNION SELECT null,version() FROM [password]--")
	f("token=../../etc/passwd", "token=../../etc/passwd")
	f("key=<script>alert(1)</script>", "key=<script>alert(1)</script>")
	f("key=${jndi:ldap://evil.example/a}", "key=${jndi:ldap://[key]/a}")
	f("pin=;sleep 5", "pin=;sleep 5")
	f("key={{7*7}}", "key={{7*7}}")
	f("password=P@ss'w", "password=[password]'w")
	f(`password=" OR ""="`, `password=" OR ""="`)
	f("q=' OR 1=1--&password=abc", "q=' OR 1=1--&password=[password]")
}

func TestByShape(t *testing.T) {
	f := check(t, masker(t, Options{}))
	const header, payload = "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJib2IifQ"
	jwt := header + "." + payload + ".abc-_123"
	f("/v/"+jwt+"/x", "/v/[jwt]/x")
	f("q="+jwt+"&b="+header+"."+payload+".", "q=[jwt]&b=[jwt]")
	f("q="+strings.ReplaceAll(jwt, ".", "%2E")+"&a", "q=[jwt]&a")
	f("q="+header+"."+payload[:12], "q=[jwt]")
	f("x Bearer abcdefgh1 y", "x Bearer [token] y")
	f("x=bearer%20abcdefgh1&y", "x=bearer%20[token]&y")
	f("x=Bearer+abcdefgh1&y", "x=Bearer+[token]&y")
	f("Basic Ym9iOnNlY3JldA==", "Basic [password]")
	f("/AKIAIOSFODNN7EXAMPLE/", "/[key]/")
	f("x=ghp_"+strings.Repeat("a1", 18), "x=[token]")
	f("x=github_pat_"+strings.Repeat("a1", 18), "x=[token]")
	f("x=xoxb-123456-abcdef", "x=[token]")
	f("x=sk_live_4eC39HqLyjWDarjtT1zdp7dc&y", "x=[key]&y")
	f("x=AIza"+strings.Repeat("Sy-_9", 7), "x=[key]")
	f("x=glpat-"+strings.Repeat("a1", 10), "x=[token]")
	f("x=hm_"+strings.Repeat("Zk3-", 10)+"abc", "x=[token]")
	f("x=SG."+strings.Repeat("a1", 11)+"."+strings.Repeat("b2", 22), "x=[key]")
	f("a -----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY----- b", "a [key] b")
	f("a=-----BEGIN+PRIVATE+KEY-----MIIE", "a=[key]")
	f("https://bob:secret@db.example/x", "https://[password]@db.example/x")
	f("u=https%3A%2F%2Fbob%3Asecret%40db.example", "u=https%3A%2F%2F[password]%40db.example")
	f("https://bob:p@ss@db.example/x@y", "https://[password]@db.example/x@y")
	f("https://ghtoken@db.example/x", "https://[password]@db.example/x")
}

func TestEmails(t *testing.T) {
	f := check(t, masker(t, Options{}))
	f("bob@example.com", "[email]")
	f("/u/bob.b+tag@mail.example.co.uk/x", "/u/[email]/x")
	f("u=bob%40example.com&x", "u=[email]&x")
	f("u=bob%2540example.com&x", "u=[email]&x")
	f("u=%20bob%2Bx%40example%2Ecom&x", "u=%20[email]&x")
	f("(contact: bot@example.com)", "(contact: [email])")
	f("mailto:+bot@example.com.", "mailto:+[email].")
	f("q=jörg@müller.example", "q=[email]")
	f("a@b.example,c@d.example", "[email],[email]")
	f("x@y", "x@y")
	f("x@-", "x@-")
	f("a@1.2.3", "a@1.2.3")
	f("q=bob@xn--mller-kva.xn--p1ai", "q=[email]")
}

func TestCardsAndPhones(t *testing.T) {
	f := check(t, masker(t, Options{}))
	f("4111111111111111", "[card]")
	f("/pay/5555555555554444/x", "/pay/[card]/x")
	f("q=4111-1111-1111-1111&x", "q=[card]&x")
	f("q=4111+1111+1111+1111&x", "q=[card]&x")
	f("q=4111%201111%201111%201111&x", "q=[card]&x")
	f("q=4111%2D1111%2D1111%2D1111", "q=[card]")
	f("card 4111 1111 1111 1111 12/26", "card [card] 12/26")
	f("order-4111-1111-1111-1111", "order-[card]")
	f("378282246310005 3782-822463-10005", "[card] [card]")
	f("30569309025904", "[card]")
	f("6011111111111117 3530111333300000 2223003122003222", "[card] [card] [card]")
	f("%204111111111111111", "%20[card]")
	f("4111 1111-1111 1111", "4111 1111-1111 1111")
	f("41111111111111112345678", "41111111111111112345678")
	f("4111-1111-1111-1111-1111-1111", "4111-1111-1111-1111-1111-1111")
	f("tel=+4915112345678&x", "tel=[phone]&x")
	f("to=%2B49%20151%2012345678&x", "to=[phone]&x")
	f("to=+1+(212)+555-0123", "to=[phone]")
	f("/call/+442079460958/1", "/call/[phone]/1")
	f("+49 151 12345678, +33 1 23 45 67 89", "[phone], [phone]")
	f("a+4915112345678", "a+4915112345678")
	f("+81312345678 +861012345678 +74951234567 +27111234567 +8312345678", "[phone] [phone] [phone] [phone] +8312345678")
	f("+49151123456789012", "+49151123456789012")
	f("+0301234567890", "+0301234567890")
	f("0151 12345678", "0151 12345678")
}

func TestNationalNumbers(t *testing.T) {
	var all []string
	for _, d := range Detectors() {
		all = append(all, d.Name)
	}
	everything, standard := masker(t, Options{Detectors: all}), masker(t, Options{})
	on := func(in, near string) {
		t.Helper()
		for _, m := range []*Masker{everything, standard} {
			check(t, m)("/x/"+in+"/y", "/x/[national_id]/y")
			stays(t, m)("/x/" + near + "/y")
		}
	}
	on("219-09-9999", "666-09-9999")
	on("219-09-9999", "219-00-9999")
	on("86095742719", "86095742718")
	on("12345678Z", "12345678A")
	on("X1234567L", "X1234567A")
	on("255081416802538", "255081416802539")
	on("185052A00412356", "185052C00412356")
	on("185052B00412383", "185992B00412383")
	on("1 84 12 76 451 089 46", "1 84 12 76 451 089 00")
	on("86 095 742 719", "86 095 742 718")
	on("RSSMRA85T10A562S", "RSSMRA85T10A562T")
	on("rssmra85t10a562s", "rssmra85t1aa562s")
	on("529.982.247-25", "529.982.247-26")
	on("DE89370400440532013000", "DE89370400440532013001")
	on("GB82WEST12345698765432", "GB82WEST12345698765433")
	on("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01")
	on("DE89%203704%200044%200532%200130%2000", "DE89%203704%200044")
	optional := func(in, mask, near string) {
		t.Helper()
		stays(t, standard)("/x/" + in + "/y")
		check(t, everything)("/x/"+in+"/y", "/x/["+mask+"]/y")
		stays(t, everything)("/x/" + near + "/y")
	}
	optional("111222333", "national_id", "111222334")
	optional("AB123456C", "national_id", "QQ123456C")
	optional("015112345678", "phone", "0151123456789")
	optional("212-555-0123", "phone", "212-555-01234")
}

func TestKinds(t *testing.T) {
	m := masker(t, Options{Custom: []Pattern{{"customer", `CUST-\d{6}`}}})
	var kinds Kinds
	out, changed := m.Append([]byte(">"), []byte("a@b.example CUST-123456 token=x"), &kinds)
	if string(out) != ">[email] [customer] token=[token]" || !changed {
		t.Errorf("%q, %v", out, changed)
	}
	if got := strings.Join(m.Names(kinds), " "); got != "customer email token" {
		t.Errorf("kinds %s", got)
	}
	kinds = 0
	out, changed = m.Append([]byte(">"), []byte("CUST-12345"), &kinds)
	if string(out) != ">" || changed || kinds != 0 {
		t.Errorf("%q, %v, %v", out, changed, kinds)
	}
	check(t, m)("x CUST-123456 CUST-123457 y", "x [customer] [customer] y")
}

// TestPatternsNeedAFixedPart: where it stands does not matter.
func TestPatternsNeedAFixedPart(t *testing.T) {
	f := func(expression, in, want string) {
		t.Helper()
		check(t, masker(t, Options{Custom: []Pattern{{"own", expression}}}))(in, want)
	}
	f(`(?:\d+-EMP)+`, "a 12-EMP b", "a [own] b")
	f(`(EMP){2}\d`, "EMPEMP1 EMP1", "[own] EMP1")
	f(`\b\w+EMP`, "token=xx&abEMP", "token=[token]&[own]")
	f(`EMP[0-9]+`, "?a=EMP1&token=xx", "?a=[own]&token=[token]")
}

func TestDetectorsCanBeChosen(t *testing.T) {
	m := masker(t, Options{Detectors: []string{"email"}})
	check(t, m)("a@b.example 4111111111111111 token=x", "[email] 4111111111111111 token=x")
	stays(t, masker(t, Options{Detectors: []string{}}))("a@b.example 4111111111111111 token=x Bearer abcdefgh1")
}

func TestMistakesInOptions(t *testing.T) {
	f := func(o Options, want string) {
		t.Helper()
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	f(Options{Detectors: []string{"e-mail"}}, `detector "e-mail": want some of names, jwt`)
	f(Options{Custom: []Pattern{{"x", "abc"}}}, "2 to 32 characters")
	f(Options{Custom: []Pattern{{"Cust", "abc"}}}, "a-z, 0-9 and _")
	f(Options{Custom: []Pattern{{"token", "abc"}}}, "already")
	f(Options{Custom: []Pattern{{"cust", "(abc"}}}, "missing closing")
	f(Options{Custom: []Pattern{{"cust", `\d+|abc`}}}, "a part is fixed")
	f(Options{Custom: []Pattern{{"cust", `(?i)abc`}}}, "one case")
	f(Options{Custom: []Pattern{{"cust", `\[cust`}}}, "matches the mask [cust]")
	f(Options{Parameters: []string{"--"}}, `parameter "--"`)
}
