package quarantine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

const (
	fileA = "00000000000000aa"
	fileB = "00000000000000bb"
)

// memory is a log in memory.
type memory []byte

func (m memory) ReadAt(p []byte, offset int64) (int, error) {
	if offset > int64(len(m)) {
		return 0, fs.ErrNotExist
	}
	return copy(p, m[offset:]), nil
}

func openSpool(t testing.TB, dir string, max int64) *Spool {
	t.Helper()
	s, err := Open(Options{Dir: dir, MaxBytes: max, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// garbage is a log of numbered lines that no parser reads, and the batch in
// which all of them are rejected.
func garbage(file string, lines int, reason string) (memory, *event.Batch) {
	b := &event.Batch{Header: event.Header{Source: "edge", Gateway: "gw", Kind: event.Decoy, File: file, Path: "/logs/" + file, Received: 7}}
	var text memory
	for i := range lines {
		line := fmt.Sprintf("garbage %d\n", i)
		b.Reject(event.Position{Offset: int64(len(text)), Line: int64(i + 1)}, int64(len(line)), reason, nil)
		text = append(text, line...)
	}
	b.End = int64(len(text))
	return text, b
}

// held lists the raw bytes that a spool has of a file.
func held(t testing.TB, s *Spool, file string) []string {
	t.Helper()
	c, _ := s.choose(file, "")
	var lines []string
	for i := range c.records {
		raw, err := s.raw(&c.records[i])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(raw))
	}
	return lines
}

func TestKeptBytesOutliveTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quarantine")
	s := openSpool(t, dir, 1<<20)
	text, b := garbage(fileA, 100, "no time")
	s.Keep(b, text)
	s.Keep(b, text) // published once more
	again := openSpool(t, dir, 1<<20)
	for _, s := range []*Spool{s, again} {
		if got := strings.Join(held(t, s, fileA), ""); got != string(text) {
			t.Errorf("held %q", got)
		}
		if st := s.Stats(); st.Records != 100 || st.Damaged != 0 {
			t.Errorf("stats %+v", st)
		}
	}
	c, _ := again.choose(fileA, "no time")
	r := c.records[99]
	if c.about.Source != "edge" || c.about.Gateway != "gw" || c.about.Kind != event.Decoy || c.about.Path != "/logs/"+fileA ||
		r.line != 100 || r.length != 11 || r.reason != "no time" || !bytes.HasPrefix(text, c.about.Beginning) || len(c.about.Beginning) == 0 {
		t.Errorf("%+v of %+v", r, c.about)
	}
	if _, ok := again.choose(fileA, "another reason"); ok {
		t.Error("records of another reason were chosen")
	}
	checkModes(t, dir)
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use %s: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A file that is read once more after a kill, by another parser: what parses
// now is not read again a second time, and what fails for another reason has
// that.
func TestReadingAFileAgainTakesTheFirstReadingBack(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, 1<<20)
	text, b := garbage(fileA, 3, "no time")
	s.Keep(b, text)
	b.Rejected = []event.Rejected{{Offset: b.Rejected[1].Offset, Line: 2, Length: 10, Reason: "no request"}}
	s.Keep(b, text)
	for _, s := range []*Spool{s, openSpool(t, dir, 1<<20)} {
		if got := held(t, s, fileA); len(got) != 1 || got[0] != "garbage 1\n" {
			t.Errorf("held %q", got)
		}
		if c, ok := s.choose(fileA, "no request"); !ok || len(c.records) != 1 {
			t.Errorf("%+v", c)
		}
	}
	b.Rejected = nil
	s.Keep(b, text)
	if st := openSpool(t, dir, 1<<20).Stats(); st.Records != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestBatchesTellWhatIsAcknowledged(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, 1<<20)
	text, b := garbage(fileA, 3, "no time")
	s.Keep(b, text)
	if list := s.unconfirmed(); list[fileA] != "edge" {
		t.Errorf("unconfirmed: %v", list)
	}
	s.Keep(&event.Batch{Header: event.Header{File: fileA, Start: b.End, End: b.End + 5}}, text)
	for _, s := range []*Spool{s, openSpool(t, dir, 1<<20)} {
		if list := s.unconfirmed(); len(list) != 0 {
			t.Errorf("unconfirmed: %v", list)
		}
		if got := held(t, s, fileA); len(got) != 3 {
			t.Errorf("held %q", got)
		}
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	dir := t.TempDir()
	const most = 1 << 20
	s := openSpool(t, dir, most)
	for n := range 300 {
		text, b := garbage(fmt.Sprintf("%016x", n), 50, "no time")
		s.Keep(b, text)
		if st := s.Stats(); st.Bytes > most {
			t.Fatalf("%d bytes after %d files", st.Bytes, n+1)
		}
	}
	st := s.Stats()
	if st.Kept != 15_000 || st.Dropped == 0 || int(st.Kept-st.Dropped) != st.Records || st.Bytes < most/2 {
		t.Errorf("stats %+v", st)
	}
	if len(held(t, s, fmt.Sprintf("%016x", 299))) != 50 || len(held(t, s, fmt.Sprintf("%016x", 0))) != 0 {
		t.Error("it is not the oldest that went")
	}
	if n := len(s.files); n > 300 || n < 2 {
		t.Errorf("%d files are remembered", n)
	}
	smaller := openSpool(t, dir, most/4)
	if st := smaller.Stats(); st.Bytes > most/4 || st.Records == 0 {
		t.Errorf("with a smaller bound: %+v", st)
	}
	if st := openSpool(t, dir, 0).Stats(); st.Bytes != 0 || st.Records != 0 {
		t.Errorf("with none: %+v", st)
	}
}

func TestSettledRecordsFreeTheirSpace(t *testing.T) {
	s := openSpool(t, t.TempDir(), 1<<20)
	for n := range 40 {
		text, b := garbage(fmt.Sprintf("%016x", n), 50, "no time")
		s.Keep(b, text)
	}
	before := s.Stats().Bytes
	for _, id := range s.filesOf("edge") {
		p := plan{File: id}
		c, _ := s.choose(id, "")
		for i := range c.records {
			p.Settled = append(p.Settled, c.records[i].offset)
		}
		s.carry(&p)
	}
	if st := s.Stats(); st.Records != 0 || st.Bytes >= before/4 || len(s.files) != 0 || st.Dropped != 0 {
		t.Errorf("stats %+v, %d bytes before, %d files", st, before, len(s.files))
	}
}

// A log of which everything was settled may have other records that cannot be
// parsed, which must not forget whose they are.
func TestALogThatComesBackIsKnown(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, 1<<20)
	text, b := garbage(fileA, 3, "no time")
	s.Keep(b, text)
	s.carry(&plan{File: fileA, Settled: []int64{b.Rejected[0].Offset, b.Rejected[1].Offset, b.Rejected[2].Offset}})
	if len(s.files) != 0 {
		t.Fatalf("%d files are left", len(s.files))
	}
	rejected := event.Rejected{Offset: b.End, Line: 4, Length: 5, Reason: "no time"}
	next := &event.Batch{Header: b.Header, Rejected: []event.Rejected{rejected}}
	next.Start, next.End = b.End, b.End+5
	s.Keep(next, append(text, "more\n"...))
	for _, s := range []*Spool{s, openSpool(t, dir, 1<<20)} {
		c, _ := s.choose(fileA, "")
		if c.about.Source != "edge" || c.about.Path != b.Path || len(c.about.Beginning) == 0 || len(c.records) != 1 {
			t.Errorf("%d records of %+v", len(c.records), c.about)
		}
		if ids := s.filesOf("edge"); len(ids) != 1 {
			t.Errorf("files of the source: %v", ids)
		}
	}
	if got := s.unconfirmed()[fileA]; got != "edge" {
		t.Errorf("asked about as of source %q", got)
	}
	if c, _ := s.choose(fileA, ""); c.acked != b.End {
		t.Errorf("acknowledged up to %d, want %d", c.acked, b.End)
	}
}

func TestUnusualRecords(t *testing.T) {
	s := openSpool(t, t.TempDir(), 4<<20)
	text := memory(strings.Repeat("x", 2<<20) + "\n\x00\xff\x01\n")
	b := &event.Batch{Header: event.Header{Source: "edge", File: fileA, End: int64(len(text))}}
	b.Reject(event.Position{Line: 1}, 2<<20+1, "longer than the limit", nil)
	b.Reject(event.Position{Offset: 2<<20 + 1, Line: 2}, 4, "NUL bytes", nil)
	b.Reject(event.Position{Offset: 1 << 40, Line: 3}, 4, "gone", nil)
	s.Keep(b, text)
	got := held(t, s, fileA)
	if len(got) != 2 || len(got[0]) != maxRaw || got[1] != "\x00\xff\x01\n" {
		t.Errorf("held %d records", len(got))
	}
	if st := s.Stats(); st.Lost != 1 {
		t.Errorf("stats %+v", st)
	}
	c, _ := s.choose(fileA, "")
	if c.records[0].length != 2<<20+1 {
		t.Errorf("the length in the file is %d", c.records[0].length)
	}
}

// TestTornEnds cuts the last segment anywhere, as a crash may: what is whole
// stays, and the spool goes on.
func TestTornEnds(t *testing.T) {
	dir := t.TempDir()
	text, b := garbage(fileA, 8, "no time")
	openSpool(t, dir, 1<<20).Keep(b, text)
	whole, err := os.ReadFile(filepath.Join(dir, segmentName(1)))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 61 {
		if err := os.WriteFile(filepath.Join(dir, segmentName(1)), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSpool(t, dir, 1<<20)
		want := max(0, (cut-int(frameSize(maxBeginning/8)))/alignment)
		if got := held(t, s, fileA); len(got) < want-1 || len(got) > 8 {
			t.Errorf("cut at %d: held %q", cut, got)
		}
		s.Keep(b, text)
		for _, s := range []*Spool{s, openSpool(t, dir, 1<<20)} {
			if got := strings.Join(held(t, s, fileA), ""); got != string(text) {
				t.Fatalf("cut at %d: kept again %q", cut, got)
			}
		}
	}
}

// TestFlippedBytesCostTheirRecordsOnly: whatever a disk does, opening works.
func TestFlippedBytesCostTheirRecordsOnly(t *testing.T) {
	dir := t.TempDir()
	text, b := garbage(fileA, 50, "no time")
	openSpool(t, dir, 1<<20).Keep(b, text)
	name := filepath.Join(dir, segmentName(1))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		bad := bytes.Clone(whole)
		flips := 1 + r.IntN(5)
		for range flips {
			bad[1024+r.IntN(len(bad)-1024)] ^= byte(1 << r.IntN(8)) // behind what is known of the file
		}
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openSpool(t, dir, 1<<20)
		if n := len(held(t, s, fileA)); n < 50-flips || n > 50 {
			t.Errorf("%d flipped bytes cost %d records", flips, 50-n)
		}
	}
}

func TestForgetWipesWhatIsAboutSomebody(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, 1<<20)
	text, b := garbage(fileA, 30, "no time")
	s.Keep(b, text)
	about := func(raw []byte) bool { return bytes.Contains(raw, []byte("garbage 7\n")) }
	found, left, err := s.Forget(about)
	if found != 1 || left != 0 || err != nil {
		t.Errorf("found %d, left %d, %v", found, left, err)
	}
	if found, _, _ := s.Forget(about); found != 0 {
		t.Errorf("found again: %d", found)
	}
	data, err := os.ReadFile(filepath.Join(dir, segmentName(1)))
	if err != nil || about(data) {
		t.Errorf("it is still on disk (%v)", err)
	}
	again := openSpool(t, dir, 1<<20)
	if c, _ := again.choose(fileA, ""); len(c.about.Beginning) != 0 {
		t.Errorf("the beginning of the file still has it: %q", c.about.Beginning)
	}
	if st := again.Stats(); st.Records != 29 || st.Damaged != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestDamagedStateIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, stateName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir, MaxBytes: 1 << 20, Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, ErrDamaged) {
		t.Errorf("open: %v", err)
	}
}
