package privacy

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

// ring has keys made on the days, in their order.
func ring(days ...int) Keyring {
	var k Keyring
	for _, n := range days {
		k = k.Rotate(day(n), [32]byte{byte(n), 0xa5, 0x5a})
	}
	return k
}

func TestHashIsStable(t *testing.T) {
	f := func(days []int, kind, value, want string) {
		t.Helper()
		k := ring(days...)
		if got := k.Hash(kind, value); got != want {
			t.Errorf("hash %s, want %s", got, want)
		}
		if got := string(k.Hasher().AppendHash([]byte(">"), kind, []byte(value))); got != ">"+want {
			t.Errorf("a Hasher gives %s, want >%s", got, want)
		}
	}
	f([]int{1}, "user", "bob", "k44b4f76a:v4WJF9rotSP9_tK8QqYp")
	f([]int{1}, "session", "bob", "k44b4f76a:MgtljMX5YWuatExLVBfB")
	f([]int{1, 2}, "user", "bob", "k9774d84f:-J2ZiyNDXaIYlu7tY2DQ")
	f([]int{1}, "user", "", "")
	f(nil, "user", "bob", "")
}

func TestHashesHaveTheForm(t *testing.T) {
	k := ring(1)
	f := func(v string, want bool) {
		t.Helper()
		if IsHash([]byte(v)) != want {
			t.Errorf("%q: want %v", v, want)
		}
	}
	f(k.Hash("user", "bob"), true)
	f(ring(2).Hash("user", "bob"), true)
	f("", false)
	f("bob", false)
	f(strings.ToUpper(k.Hash("user", "bob")), false)
	f(k.Hash("user", "bob")+"x", false)
	f("corporation:abcdefghijklmnopqr", false)
}

func TestKindsAreKeptApart(t *testing.T) {
	k := ring(1)
	if k.Hash("a", "bc") == k.Hash("ab", "c") || k.Hash("user", "x") == k.Hash("token", "x") {
		t.Error("different kinds give one hash")
	}
}

func TestAllFindsOldHashes(t *testing.T) {
	old, now := ring(1, 2), ring(1, 2, 3)
	all := now.All("user", "bob")
	if len(all) != 3 || all[0] != now.Hash("user", "bob") || all[1] != old.Hash("user", "bob") || all[2] != ring(1).Hash("user", "bob") {
		t.Errorf("%v", all)
	}
	if len(now.All("user", "")) != 0 || len(Keyring{}.All("user", "bob")) != 0 {
		t.Error("hashes of nothing")
	}
}

func TestPruneKeepsWhatIsInUse(t *testing.T) {
	f := func(before int, want ...int) {
		t.Helper()
		got, keys := ring(1, 5, 9).Prune(day(before)).IDs(), ring(want...).IDs()
		if !slices.Equal(got, keys) {
			t.Errorf("before day %d: %v, want %v", before, got, keys)
		}
	}
	f(1, 1, 5, 9)
	f(5, 1, 5, 9) // the first key was in use until day 5
	f(6, 5, 9)
	f(9, 5, 9)
	f(10, 9)
	f(30, 9)
	if !(Keyring{}).Prune(day(1)).Empty() {
		t.Error("an empty ring has keys")
	}
}

func TestRotateLeavesTheOldRingAlone(t *testing.T) {
	old := ring(1)
	a, b := old.Rotate(day(2), [32]byte{2}), old.Rotate(day(2), [32]byte{3})
	if len(old.IDs()) != 1 || slices.Equal(a.IDs(), b.IDs()) || !a.Made().Equal(day(2)) || !(Keyring{}).Made().IsZero() {
		t.Errorf("%v, %v, %v", old, a, b)
	}
}

func TestKeyringRoundTrip(t *testing.T) {
	want := ring(1, 2, 3)
	data, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseKeyring(data)
	if err != nil || !slices.Equal(got.IDs(), want.IDs()) || got.Hash("user", "bob") != want.Hash("user", "bob") || !got.Made().Equal(day(3)) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDamagedKeyrings(t *testing.T) {
	data, err := ring(1, 2).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	f := func(damaged string) {
		t.Helper()
		_, err := ParseKeyring([]byte(damaged))
		if !errors.Is(err, ErrKeyring) || strings.Contains(err.Error(), "qVa") {
			t.Errorf("%v for %s", err, damaged)
		}
	}
	f("")
	f("{}")
	f(good[:len(good)/2])
	f(strings.Replace(good, `"version": 1`, `"version": 2`, 1))
	f(strings.Replace(good, "qVa", "qV", 1))
	f(strings.Replace(good, "2026-01-02", "2025-01-02", 1))
	f(strings.Replace(good, "2026-01-02", "x", 1))
}

// TestSecretsStayOutOfLogs tries the ways in which values get into logs.
func TestSecretsStayOutOfLogs(t *testing.T) {
	key := NewKey(day(1), [32]byte{0xaa, 0xbb})
	k := Keyring{}.Rotate(day(1), key.Secret)
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "key", key, "ring", k, "pointer", &key)
	}
	for _, v := range []any{key, k, &key, &k, struct{ K Keyring }{k}, []Key{key}} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&log, "%s %v %+v %#v %s", data, v, v, v, v)
	}
	if text := log.String(); strings.Contains(text, "170") || strings.Contains(text, "0xaa") || strings.Contains(text, "aabb") || strings.Contains(text, "qrs") {
		t.Error(text)
	}
}

func TestHasherRemembersRightly(t *testing.T) {
	k := ring(1)
	h := k.Hasher()
	for range 2 {
		for i := range 3 * memoSize {
			value := fmt.Sprint("user", i, strings.Repeat("x", i%200))
			if got := string(h.AppendHash(nil, "user", []byte(value))); got != k.Hash("user", value) {
				t.Fatalf("%s: %s", value, got)
			}
		}
	}
	out := make([]byte, 0, 64)
	value, other := []byte("bob"), []byte(strings.Repeat("y", 150))
	if n := testing.AllocsPerRun(100, func() { h.AppendHash(out, "user", value); h.AppendHash(out, "user", other) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
