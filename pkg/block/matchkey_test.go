package block

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMatchKeyKeepsItsSecret(t *testing.T) {
	key := NewMatchKey([32]byte{1, 2, 3})
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %s", key, key, key, key)} {
		if strings.Trim(strings.ReplaceAll(text, key.ID, ""), " ") != "" {
			t.Errorf("a key is printed as %q", text)
		}
	}
	data, err := json.MarshalIndent(struct{ Keys []MatchKey }{[]MatchKey{key}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Keys []MatchKey }
	if err := json.Unmarshal(data, &got); err != nil || len(got.Keys) != 1 || got.Keys[0] != key {
		t.Errorf("%s: %v, %v", data, got, err)
	}
	for _, bad := range []string{`{}`, `{"secret":"AAAA"}`, `{"secret":7}`, `"x"`} {
		if err := json.Unmarshal([]byte(bad), &key); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestMatchedValues(t *testing.T) {
	good := NewMatchKey([32]byte{1}).Hash(ScopeUser, "alice")
	if !IsMatched(good) || good == NewMatchKey([32]byte{1}).Hash(ScopeKey, "alice") {
		t.Errorf("%q", good)
	}
	for _, bad := range []string{"", "alice", good[1:], good + "A", "M" + good[1:], strings.Replace(good, ":", ";", 1), good[:len(good)-1] + "\n", good[:len(good)-1] + "="} {
		if IsMatched(bad) {
			t.Errorf("%q passes for a hash", bad)
		}
		if _, err := NewTarget(Criterion{ScopeUser, bad}); err == nil {
			t.Errorf("a block on the user %q was made", bad)
		}
	}
}

func TestTargetsAreCanonical(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, err := ParseTarget(in)
		if err != nil || got.String() != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	long := strings.Repeat("a", MaxValue-1)
	f("user_agent:"+long+"éé", "user_agent:"+long)
	f("user_agent:"+long+"bcd", "user_agent:"+long+"b")
	f("fe80::1%eth0", "fe80::1")
	f("country:aq & 192.0.2.9/24", "192.0.2.0/24 & country:AQ")
	f("network:064500", "network:AS64500")
	f("route:GET /orders/{order}/items/{item}", "route:GET /orders/{}/items/{}")
	f("route:/a b/c", "route:/a b/c")
	f(`api:" a & b "`, `api:" a & b "`)
	for _, bad := range []string{
		"network:AS0", "network:ASx", "network:AS4294967296", "country:AQQ", "country:A1", "route:login", "route:/a?b", "route:/a//b", "route:/a/../b",
		"route:/a/./b", "route:/%6cogin", "route:/**/a", "route:get /a", "api:\x00", "api:\xff", "application:" + strings.Repeat("a", MaxValue+1),
		"country:AQ & country:ZZ", "192.0.2.7 & 192.0.2.0/24", "country:AQ & ", `api:"a" b`,
	} {
		if got, err := ParseTarget(bad); err == nil {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
	v := strings.Repeat("v", MaxValue)
	if _, err := NewTarget(Criterion{ScopeAPI, v}, Criterion{ScopeApplication, v}, Criterion{ScopeFingerprint, v}, Criterion{ScopeUserAgent, v}); err == nil {
		t.Error("a target that is too long for the bus was taken")
	}
}

func TestCovers(t *testing.T) {
	f := func(wide, narrow string, want bool) {
		t.Helper()
		a, err1 := ParseTarget(wide)
		b, err2 := ParseTarget(narrow)
		if err1 != nil || err2 != nil || a.Covers(b) != want {
			t.Errorf("%q covers %q: %v, want %v (%v, %v)", wide, narrow, a.Covers(b), want, err1, err2)
		}
	}
	f("192.0.2.0/24", "192.0.2.7", true)
	f("192.0.2.0/24", "192.0.2.0/24 & api:shop", true)
	f("192.0.2.0/24 & api:shop", "192.0.2.7", false)
	f("192.0.2.0/24 & api:shop", "192.0.2.7 & api:shop & country:AQ", true)
	f("192.0.2.7", "192.0.2.0/24", false)
	f("192.0.2.0", "192.0.2.0/24", false) // its first address is not all of it
	f("192.0.2.0/24", "192.0.2.0", true)
	f("api:shop", "192.0.2.7", false)
	f("0.0.0.0/0", "2001:db8::7", false)
}
