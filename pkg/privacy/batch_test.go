package privacy

import (
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

var masked = []event.TextField{event.Path, event.Query, event.Referer, event.UserAgent}

// TestBatchIsAppendByRow: a batch comes out as its texts do one by one, with
// the kinds of its rows, and once more as it is.
func TestBatchIsAppendByRow(t *testing.T) {
	m := masker(t, Options{})
	for _, secrets := range []int{0, 5, 100} {
		var b, before event.Batch
		traffic(&before, 700, secrets)
		copyTexts(&b, &before)
		for range 2 {
			m.Batch(&b)
			for row := range before.Rows() {
				compareRow(t, m, &before, &b, row)
			}
		}
	}
}

func compareRow(t *testing.T, m *Masker, before, after *event.Batch, row int) {
	t.Helper()
	var kinds Kinds
	for _, f := range masked {
		want := before.Text(f, row)
		if out, changed := m.Append(nil, want, &kinds); changed {
			want = out
		}
		if got := after.Text(f, row); string(got) != string(want) {
			t.Fatalf("row %d: %s is %q, want %q", row, f, got, want)
		}
	}
	if got, want := string(after.Text(event.Sensitive, row)), strings.Join(m.Names(kinds), ","); got != want {
		t.Fatalf("row %d: sensitive is %q, want %q", row, got, want)
	}
}

func TestBatchWithoutSecretsIsLeftAlone(t *testing.T) {
	var b event.Batch
	traffic(&b, 50, 0)
	before := map[event.TextField]*byte{}
	for _, f := range masked {
		data, _ := b.TextColumn(f)
		before[f] = &data[0]
	}
	masker(t, Options{}).Batch(&b)
	for f, want := range before {
		if data, _ := b.TextColumn(f); &data[0] != want {
			t.Errorf("%s was rewritten", f)
		}
	}
	if _, ends := b.TextColumn(event.Sensitive); len(ends) > 0 {
		t.Error("the sensitive column takes memory")
	}
}

func TestBatchAddsToWhatIsKnown(t *testing.T) {
	f := func(there, query, want string) {
		t.Helper()
		var b event.Batch
		b.SetString(event.Sensitive, there)
		b.SetString(event.Query, query)
		b.EndRow()
		masker(t, Options{}).Batch(&b)
		if got := string(b.Text(event.Sensitive, 0)); got != want {
			t.Errorf("%q and %q give %q, want %q", there, query, got, want)
		}
	}
	f("", "a=1", "")
	f("card", "a=1", "card")
	f("card", "token=12", "card,token")
	f("email,other", "token=12&pin=2&key=3", "email,key,other,password,token")
	f("token", "token=12", "token")
}

func TestExcerptsAreMasked(t *testing.T) {
	var b event.Batch
	b.Reject(event.Position{}, 10, "no method", []byte("/?token=abc a@b.example"))
	masker(t, Options{}).Batch(&b)
	if got := b.Rejected[0].Excerpt; got != "/?token=[token] [token]" {
		t.Errorf("excerpt %q", got)
	}
}

func identified() *event.Batch {
	b := &event.Batch{}
	for _, kind := range []string{"user", "token", "", "strange"} {
		b.SetString(event.PrincipalKind, kind)
		b.SetString(event.Principal, "bob")
		b.SetString(event.User, "bob")
		b.SetString(event.Application, "shop")
		b.SetString(event.Session, "s-1")
		b.SetString(event.ForwardedFor, "192.0.2.7")
		b.SetAddr(event.ClientAddress, netip.MustParseAddr("192.0.2.7"))
		b.SetAddr(event.PeerAddress, netip.MustParseAddr("2001:db8:1:2::3"))
		b.EndRow()
	}
	return b
}

func TestPoliciesOfFields(t *testing.T) {
	k := ring(1, 2)
	b := identified()
	m := masker(t, Options{Keys: k, Fields: map[event.TextField]Policy{event.Session: Drop}})
	for range 2 { // what is hashed stays
		m.Batch(b)
		for row, kind := range []string{"user", "token", "principal", "principal"} {
			if got := string(b.Text(event.Principal, row)); got != k.Hash(kind, "bob") {
				t.Errorf("row %d: principal %s", row, got)
			}
			if got := string(b.Text(event.User, row)); got != k.Hash("user", "bob") {
				t.Errorf("row %d: user %s", row, got)
			}
			if got := string(b.Text(event.Application, row)) + string(b.Text(event.Session, row)); got != "shop" {
				t.Errorf("row %d: application and session %s", row, got)
			}
		}
	}
}

func TestWithoutKeysIdentifiersAreDropped(t *testing.T) {
	b := identified()
	masker(t, Options{}).Batch(b)
	for _, f := range []event.TextField{event.Principal, event.User, event.Session} {
		if got := b.Text(f, 0); len(got) > 0 {
			t.Errorf("%s is %s", f, got)
		}
	}
	_, err := New(Options{Fields: map[event.TextField]Policy{event.User: Hash}})
	if err == nil || !strings.Contains(err.Error(), "field user: the policy hash takes a key") {
		t.Errorf("%v", err)
	}
	_, err = New(Options{Fields: map[event.TextField]Policy{event.Sensitive: Drop}})
	if err == nil || !strings.Contains(err.Error(), "always clear") {
		t.Errorf("%v", err)
	}
}

func TestPoliciesOfAddresses(t *testing.T) {
	f := func(client, peer AddressPolicy, want string) {
		t.Helper()
		b := identified()
		masker(t, Options{Addresses: map[event.AddrField]AddressPolicy{event.ClientAddress: client, event.PeerAddress: peer}}).Batch(b)
		got := b.Addr(event.ClientAddress, 1).String() + " " + b.Addr(event.PeerAddress, 1).String() + " " + string(b.Text(event.ForwardedFor, 1))
		if got != want {
			t.Errorf("%s and %s give %s, want %s", client, peer, got, want)
		}
	}
	f(AddressClear, AddressClear, "192.0.2.7 2001:db8:1:2::3 192.0.2.7")
	f(AddressNetwork, AddressNetwork, "192.0.2.0 2001:db8:1:: ")
	f(AddressClear, AddressDrop, "192.0.2.7 invalid IP ")
}

func TestPolicyNames(t *testing.T) {
	for _, name := range []string{"clear", "hash", "drop"} {
		if p, err := ParsePolicy(name); err != nil || p.String() != name {
			t.Errorf("%s: %s, %v", name, p, err)
		}
	}
	for _, name := range []string{"clear", "network", "drop"} {
		if p, err := ParseAddressPolicy(name); err != nil || p.String() != name {
			t.Errorf("%s: %s, %v", name, p, err)
		}
	}
	if _, err := ParsePolicy("network"); err == nil {
		t.Error("network is no policy of a text")
	}
	if _, err := ParseAddressPolicy("hash"); err == nil {
		t.Error("hash is no policy of an address")
	}
}

// TestBatchesSideBySide is for the race detector.
func TestBatchesSideBySide(t *testing.T) {
	m := masker(t, Options{Keys: ring(1)})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var b, before event.Batch
			for range 3 {
				traffic(&before, 300, 20)
				copyTexts(&b, &before)
				m.Batch(&b)
				for row := range before.Rows() {
					compareRow(t, m, &before, &b, row)
				}
			}
		})
	}
	wait.Wait()
}

func TestNothingIsAllocated(t *testing.T) {
	m := masker(t, Options{})
	out := make([]byte, 0, 1<<12)
	for _, p := range plants {
		text := []byte(p.text)
		if n := testing.AllocsPerRun(20, func() {
			var kinds Kinds
			m.Append(out, text, &kinds)
		}); n > 0 {
			t.Errorf("%v allocations for %q", n, text)
		}
	}
}

// TestLongTextsEnd feeds what makes the masker look around most, much of
// each: were a look not bounded, the test would take minutes.
func TestLongTextsEnd(t *testing.T) {
	m := masker(t, Options{})
	for _, part := range []string{
		"=", ":", "@", "%40", "a@", "token=;", ";jsessionid=", "+1", "1-", "4111-", "Bearer ", "eyJ", "-----BEGIN PRIVATE", "[", "\\\"",
		"password='", "%25", "code=12345678&", "x%3D", `"token":"`, "a%2E", "ghp_", "DE89 ", "password=a;b", "://a",
	} {
		text := []byte(strings.Repeat(part, 1<<18/len(part)))
		var kinds Kinds
		out, _ := m.Append(nil, text, &kinds)
		if len(out) > 5*len(text)+16 {
			t.Errorf("%d bytes of %q became %d", len(text), part, len(out))
		}
	}
}
