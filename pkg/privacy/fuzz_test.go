package privacy

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// FuzzAppend: no crash, valid UTF-8 stays valid, growth is bounded, what is
// masked stays as it is (in valid UTF-8, as batches are), and what was put there
// is gone.
func FuzzAppend(f *testing.F) {
	for _, seed := range []string{
		"/a?password=abc'def&x=1", `{"token":"abc","pin":12}`, "a%40b.example", "+49 151 12345678", "4111 1111 1111 1111",
		"https://a:b@c.example", "eyJhbGciOiJI.eyJzdWIi.x", "Bearer abcdefgh1", "DE89 3704 0044 0532 0130 00", "p%5Bsecret%5D%3Da%26b",
		"Authorization: Basic Ym9iOnNlY3JldA==", "-----BEGIN PRIVATE KEY-----", "code=12345678&state=1", `\"pwd\":\"a\x27b`, "219-09-9999",
	} {
		f.Add([]byte(seed), uint8(0))
	}
	var all []string
	for _, d := range Detectors() {
		all = append(all, d.Name)
	}
	m := masker(f, Options{Detectors: all})
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		plant := plants[int(which)%len(plants)]
		planted := append(append(bytes.Clone(text), "\n"...), plant.text...)
		for _, in := range [][]byte{text, planted} {
			var kinds, again Kinds
			out, changed := m.Append(nil, in, &kinds)
			if !changed {
				out = in
			}
			if changed != (kinds != 0) {
				t.Fatalf("%q: changed is %v and kinds %v", in, changed, m.Names(kinds))
			}
			if utf8.Valid(in) && !utf8.Valid(out) {
				t.Fatalf("%q came out as %q, which is not UTF-8", in, out)
			}
			if len(out) > 5*len(in)+16 {
				t.Fatalf("%d bytes became %d", len(in), len(out))
			}
			if twice, changed := m.Append(nil, out, &again); changed && utf8.Valid(in) {
				t.Fatalf("%q\n came out as %q\n and then as  %q", in, out, twice)
			}
		}
		var kinds Kinds
		out, _ := m.Append(nil, planted, &kinds)
		if secret := []byte(plant.secret); bytes.Count(out, secret) > bytes.Count(text, secret) {
			t.Fatalf("%q came out as %q with the %s", planted, out, plant.secret)
		}
	})
}

// plants are secrets in their surroundings.
var plants = []struct{ text, secret string }{
	{"/a?password=hunter2", "hunter2"},
	{"/a?x=1&api_key=hunter2&y=2", "hunter2"},
	{"/a;jsessionid=hunter2?x", "hunter2"},
	{`{"token":"hunter2"}`, "hunter2"},
	{"next=%2Fcb%3Ftoken%3Dhunter2%26x%3D1", "hunter2"},
	{" bob@mail.example", "bob@mail.example"},
	{" 4111111111111111 ", "4111111111111111"},
	{" 4111 1111 1111 1111 ", "1111 1111"},
	{" +4915112345678 ", "15112345678"},
	{" DE89370400440532013000 ", "DE89370400440532013000"},
	{" Bearer hunter2hunter2 ", "hunter2"},
	{" AKIAIOSFODNN7EXAMPLE ", "AKIA"},
	{" eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.hunter2 ", "hunter2"},
	{" https://bob:hunter2@db.example/ ", "hunter2"},
	{" 219-09-9999 ", "219-09-9999"},
}
