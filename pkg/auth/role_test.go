package auth

import "testing"

func TestRoleAllowsItsOwnAndLesser(t *testing.T) {
	for _, have := range Roles() {
		for _, need := range Roles() {
			want := have >= need
			switch {
			case have == need:
				want = true
			case have == Ingest || have == Bouncer:
				want = false
			case need == Ingest:
				want = have == Admin
			case need == Bouncer:
				want = true
			}
			if got := have.Allows(need); got != want {
				t.Errorf("%v.Allows(%v) = %v", have, need, got)
			}
		}
		if Role(0).Allows(have) {
			t.Errorf("no role allows %v", have)
		}
	}
}

func TestRoleText(t *testing.T) {
	for _, want := range Roles() {
		var got Role
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "none", "Admin", "root"} {
		var got Role
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
	if Role(0).String() != "none" || Role(99).String() != "none" {
		t.Error("a role outside the list has the name none")
	}
}
