package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestCriteriaAreTextOrObjects(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		var got Criteria
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.String() != want {
			t.Errorf("%s: got %q, %v, want %q", in, got.String(), err, want)
		}
		text, err := json.Marshal(got)
		var again Criteria
		if err == nil {
			err = json.Unmarshal(text, &again)
		}
		if err != nil || fmt.Sprintf("%q", []block.Criterion(again)) != fmt.Sprintf("%q", []block.Criterion(got)) {
			t.Errorf("%s: written as %s and read as %v, %v", in, text, again, err)
		}
	}
	f(`"192.0.2.7"`, "192.0.2.7")
	f(`"192.0.2.0/24 & route:POST /login"`, "192.0.2.0/24 & route:POST /login")
	f(`{"scope":"address","value":"192.0.2.7"}`, "192.0.2.7")
	f(`{"scope":"all","all":[{"scope":"api","value":"shop"},{"scope":"country","value":"QV"}],"exempt":true}`, "api:shop & country:QV")
	f(`{"all":[{"scope":"api","value":"shop"}]}`, "api:shop")
	f(`"user:alice"`, "user:(hidden)")
	f(`"user:alice & route:/a"`, "user:(hidden) & route:/a")
}

func TestCriteriaThatAreNone(t *testing.T) {
	f := func(in string) {
		t.Helper()
		var got Criteria
		err := json.Unmarshal([]byte(in), &got)
		if err == nil {
			t.Errorf("%s: got %v", in, got)
		} else if strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: the error tells the user: %v", in, err)
		}
	}
	f(`"nobody"`)
	f(`7`)
	f(`{}`)
	f(`{"scope":"address"}`)
	f(`{"scope":"address","value":"192.0.2.7","all":[{"scope":"api","value":"shop"}]}`)
	f(`{"scope":"address","valu":"192.0.2.7"}`)
	f(`"user:alice & rout:/a"`)
	f(`"user:\"alice\" x"`)
}

func TestCriteriaOfATarget(t *testing.T) {
	want, err := block.ParseTarget("192.0.2.0/24 & api:shop")
	if err != nil {
		t.Fatal(err)
	}
	c := OfTarget(want)
	if got, err := block.NewTarget(c...); err != nil || got != want || c.String() != want.String() {
		t.Errorf("got %v, %v", got, err)
	}
	hashed := block.NewMatchKey([32]byte{1}).Hash(block.ScopeUser, "alice")
	known := Criteria{{Scope: block.ScopeUser, Value: hashed}}
	if known.String() != "user:"+hashed {
		t.Errorf("a hash is taken for a secret: %v", known)
	}
	if got := fmt.Sprintf("%v %+v %#v", Criteria{{Scope: block.ScopeKey, Value: "alice"}}, known, Criteria{{Scope: block.ScopeToken, Value: "alice"}}); strings.Contains(got, "alice") {
		t.Error(got)
	}
}
