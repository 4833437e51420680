package correlate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
)

func snapshot(t testing.TB, b *bench) []byte {
	t.Helper()
	return snapshotOf(t, b.Engine)
}

func snapshotOf(t testing.TB, e *Engine) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := e.WriteSnapshot(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// something is an engine with all sorts of memory.
func something(t testing.TB) *bench {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	b := newBench(t, everything, Options{Lateness: lateness})
	b.run(rng, late(rng, random(rng, 200, 60)))
	return b
}

func TestRestoreFailure(t *testing.T) {
	good := snapshot(t, something(t))
	b := something(t)
	before := string(snapshot(t, b))
	f := func(data string, why string) {
		t.Helper()
		err := b.Restore([]byte(data))
		if !errors.Is(err, ErrState) || !strings.Contains(err.Error(), why) {
			t.Errorf("restored: %v, want %q", err, why)
		}
	}
	f("x", "no snapshot")
	f(strings.Repeat("x", 100), "no snapshot")
	f("HMCO\x02"+string(good[5:]), "version 2, this program reads 1")
	f(string(good[:len(good)-1]), "checksum")
	for i := 5; i < len(good); i += 97 {
		flipped := append([]byte{}, good...)
		flipped[i] ^= 4
		f(string(flipped), "checksum")
	}
	f(string(sealed(good[:len(good)/2])), "cut or damaged")
	if string(snapshot(t, b)) != before {
		t.Error("a failure changed the engine")
	}
}

// sealed is data with the checksum that it needs to be looked at.
func sealed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(append([]byte{}, data...), crc32.ChecksumIEEE(data))
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func TestSnapshotThatCannotBeWritten(t *testing.T) {
	if err := something(t).WriteSnapshot(full{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}
}

func TestRestoreNothing(t *testing.T) {
	b := something(t)
	if err := b.Restore(nil); err != nil || b.Stats().Groups != 0 {
		t.Errorf("%v, %+v", err, b.Stats())
	}
}

func TestSnapshotOfARestoredEngine(t *testing.T) {
	a, b := something(t), newBench(t, everything, Options{Lateness: lateness})
	data := snapshot(t, a)
	if err := b.Restore(data); err != nil {
		t.Fatal(err)
	}
	if string(snapshot(t, b)) != string(data) {
		t.Error("a restored engine has another snapshot")
	}
}

// A correlation that changed begins anew; others go on.
func TestAdoptAndRestoreOfChangedCorrelations(t *testing.T) {
	const before = `
		x: type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}
		y: type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}`
	after := strings.Replace(before, "gte: 2", "gt: 1", 1)
	f := func(take func(from, to *bench)) {
		t.Helper()
		from, to := newBench(t, before, Options{}), newBench(t, after, Options{})
		from.say(t, "a 1")
		take(from, to)
		to.offset = 1
		to.say(t, "a 2")
		if to.seen() != "y[]0" {
			t.Errorf("found %q", to.seen())
		}
	}
	f(func(from, to *bench) { to.Adopt(from.Engine) })
	f(func(from, to *bench) {
		if err := to.Restore(snapshot(t, from)); err != nil {
			t.Fatal(err)
		}
	})
}

// Figures go on through a reload, also those of correlations that went.
func TestAdoptKeepsCounting(t *testing.T) {
	a := newBench(t, hits, Options{Lateness: 1})
	a.Advance(1e6*second, a.emit)
	for i := range 60 {
		a.say(t, fmt.Sprintf("a %d ip=1, a 1", i))
	}
	want := a.Stats()
	b := newBench(t, hits, Options{})
	b.Adopt(a.Engine)
	if got := b.Stats(); got.Late != 60 || got.Lacking != 60 || got.Matches != 1 || got.Correlations[0].Matches != 1 || got.Bytes != want.Bytes {
		t.Errorf("%+v became %+v", want, got)
	}
	c := newBench(t, strings.Replace(hits, "60", "61", 1), Options{})
	c.Adopt(b.Engine)
	if got := c.Stats(); got.Late != 60 || got.Lacking != 60 || got.Matches != 1 || got.Correlations[0].Matches != 0 {
		t.Errorf("%+v became %+v", want, got)
	}
}

// What is more than the bounds allow is forgotten, the least known first.
func TestRestoreIntoLessRoom(t *testing.T) {
	a, b := newBench(t, hits, Options{}), newBench(t, hits, Options{MaxGroups: 2})
	a.say(t, "a 1 ip=1, a 2 ip=2, a 3 ip=2, a 3 ip=3, a 4 ip=3, a 5 ip=4")
	if err := b.Restore(snapshot(t, a)); err != nil {
		t.Fatal(err)
	}
	if b.known("\x012") == nil || b.known("\x013") == nil || b.Stats().Groups != 2 {
		t.Errorf("%+v", b.Stats())
	}
}

// known gives the first correlation's group of a key.
func (b *bench) known(key string) *group {
	p := b.placeOf(b.watches[0], []byte(key))
	return b.table.find(b.watches[0], &p)
}

// Whatever is restored, the engine goes on working.
func FuzzRestore(f *testing.F) {
	collection := parse(f, everything)
	few := benchOf(collection, Options{})
	few.say(f, "a+b+c 1 ip=1 user=1 bytes=1, d 2 ip=1")
	f.Add(snapshot(f, few))
	f.Add(snapshot(f, something(f)))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := benchOf(collection, Options{MaxGroups: 1000, MaxBytes: 1 << 20})
		if err := b.Restore(sealed(data[:max(0, len(data)-4)])); err != nil && !errors.Is(err, ErrState) {
			t.Fatal(err)
		}
		b.feed(&line{at: 10 * second, file: "f", offset: 1, values: map[string]string{"ip": "1", "user": "1", "bytes": "1"}}, "a", "b", "c", "d")
		b.Advance(20*second, func(Match) {})
		b.Finish(func(Match) {})
		if s := b.Stats(); s.Groups != 0 || s.Bytes != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A correlation without an id or a name may stand in two files.
func TestTwins(t *testing.T) {
	twins := func() *bench {
		c := parse(t, `x: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {gte: 3}`)
		twin := *c.Correlations[0]
		c.Correlations = append(c.Correlations, &twin)
		return benchOf(c, Options{})
	}
	a, b, c := twins(), twins(), twins()
	a.say(t, "a 1 ip=1, a 2 ip=1, a 3 ip=2")
	if err := b.Restore(snapshot(t, a)); err != nil {
		t.Fatal(err)
	}
	c.Adopt(a.Engine)
	for name, b := range map[string]*bench{"restored": b, "adopted": c} {
		b.offset = 3
		b.say(t, "a 4 ip=1, a 5 ip=2")
		if got := b.seen(); got != "x[1]0 x[1]0" {
			t.Errorf("%s: found %q", name, got)
		}
		b.Finish(b.emit)
		if n := b.Stats().Groups; n != 0 {
			t.Errorf("%s: %d groups are left", name, n)
		}
	}
}
