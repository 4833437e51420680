package behaviour

import "testing"

func TestReturnsBetweenPlaces(t *testing.T) {
	const minute = int64(60e9)
	office := place{network: 1, agent: 1, sure: true, country: 'D'}
	phone := place{network: 2, agent: 2, sure: true, country: 'D'}
	wifi := place{network: 1, agent: 2, sure: true, country: 'D'}
	thief := place{network: 3, agent: 3, sure: true, country: 'F'}
	copied := place{network: 3, agent: 1, sure: true, country: 'F'}
	six := place{network: 9, agent: 3, six: true}
	four := place{network: 8, agent: 4}
	f := func(name string, strict bool, apart int64, want uint16, turns ...place) {
		t.Helper()
		var w watch
		now := int64(1_700_000_000e9)
		for range 4 {
			for _, p := range turns {
				now += apart
				p.last = now
				w.move(p, strict)
			}
		}
		if w.returns != want {
			t.Errorf("%s: %d returns, want %d", name, w.returns, want)
		}
	}
	f("one place", false, minute, 0, office)
	f("a thief takes turns", false, minute, 6, office, thief)
	f("a thief takes turns with a user", true, minute, 6, office, thief)
	f("a thief with the same client, abroad", false, minute, 6, office, copied)
	f("a user with the same client on a tunnel", true, minute, 0, office, copied)
	f("two devices of a user", true, minute, 0, office, phone)
	f("a telephone between networks", false, minute, 0, phone, wifi)
	f("two programs of a telephone, two networks", false, minute, 0, office, phone, wifi)
	f("by the hour", false, 60*minute, 0, office, thief)
	f("IPv4 and IPv6 of one line", false, minute, 0, six, four)
}

func TestWalks(t *testing.T) {
	f := func(name string, want uint32, pages ...string) {
		t.Helper()
		var w walking
		for _, p := range pages {
			w.turn(7, hashOf(int(p[0])<<8|len(p)<<16|int(p[len(p)-1])), []byte(p))
		}
		if w.longest != want {
			t.Errorf("%s: a walk of %d, want %d", name, w.longest, want)
		}
	}
	f("pages", 4, "1", "2", "3", "4")
	f("offsets", 4, "0", "20", "40", "60")
	f("the same page again", 3, "1", "2", "2", "2", "3")
	f("back and forth", 2, "1", "2", "1", "2", "1")
	f("here and there", 2, "5", "1", "9", "2", "7")
	f("cursors", 3, "abc", "abd", "abe")
	f("from pages to cursors", 2, "1", "2", "abc")
}

func TestOwners(t *testing.T) {
	o := newOwners(1000)
	a, b := hashOf(1), hashOf(2)
	f := func(step string, object int, who uint64, given bool, want relation) {
		t.Helper()
		if got := o.ask(hashOf(object), who, given, true); got != want {
			t.Errorf("%s: %d, want %d", step, got, want)
		}
	}
	f("nobody's", 100, a, true, unclaimed)
	f("again", 100, a, true, own)
	f("somebody else, refused", 100, b, false, others)
	f("somebody else", 100, b, true, others)
	f("still the first one's", 100, a, true, own)
	f("refused, so not claimed", 200, a, false, unclaimed)
	f("not claimed yet", 200, b, true, unclaimed)
	f("claimed", 200, a, false, others)
	for i := range 100_000 {
		o.ask(hashOf(1000+i), b, true, true)
	}
	if len(o.slots) != 1024 {
		t.Errorf("%d slots", len(o.slots))
	}
}
