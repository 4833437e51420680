package event

import "testing"

func TestOwner(t *testing.T) {
	for tags, want := range map[string]string{
		"": "", "public": "", "public, owner:payments": "payments", "owner: identity ,owner:other": "identity", "coowner:x": "",
	} {
		if got := string(Owner([]byte(tags))); got != want {
			t.Errorf("%q is owned by %q, want %q", tags, got, want)
		}
	}
}
