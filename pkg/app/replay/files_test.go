package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is what a gateway logs so many seconds after noon.
func line(second int, client, path string) string {
	at := time.Date(2026, 8, 1, 12, 0, second, 0, time.UTC)
	return fmt.Sprintf("%s - - [%s] \"GET %s HTTP/1.1\" 404 1 \"-\" \"x\"\n", client, at.Format("02/Jan/2006:15:04:05 -0700"), path)
}

// pack writes a file as its name says.
func pack(t *testing.T, name, text string) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch filepath.Ext(name) {
	case ".gz":
		w = gzip.NewWriter(&out)
	case ".zst":
		z, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if w == nil {
		out.WriteString(text)
	} else if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFilesAreMergedByTime: the touch at second 6 is the attacker's fourth
// request only if the requests of all three files are taken in their order.
func TestFilesAreMergedByTime(t *testing.T) {
	const bad, good = "192.0.2.66", "198.51.100.7"
	plain := pack(t, "edge.log", line(0, good, "/")+line(3, bad, "/b")+line(9, bad, "/after"))
	gz := pack(t, "edge.log.1.gz", line(1, bad, "/a")+line(6, bad, "/.env")+line(7, bad, "/late"))
	zst := pack(t, "edge.log.2.zst", line(2, good, "/")+line(5, bad, "/c")+line(8, bad, "/dump.sql"))
	files := []string{plain, gz, zst}
	f := func(order ...int) {
		t.Helper()
		var in []string
		for _, i := range order {
			in = append(in, files[i])
		}
		sum, findings := replay(t, in...)
		if sum.Lines != 9 || sum.Parsed != 9 || sum.Findings != 2 || len(sum.WouldBlock) != 1 {
			t.Fatalf("%+v", sum)
		}
		if b := sum.WouldBlock[0]; b.Actor.Value != bad || b.AfterRequests != 4 || b.File != gz || b.Line != 2 {
			t.Errorf("order %v: %+v", order, b)
		}
		env, dump := strings.Index(findings, `"decoy.env"`), strings.Index(findings, `"decoy.dump"`)
		if env < 0 || dump < env {
			t.Errorf("order %v: findings are not in the order of time:\n%s", order, findings)
		}
		if !slices.Equal(sum.Formats, []string{"combined", "combined", "combined"}) {
			t.Errorf("formats %q", sum.Formats)
		}
	}
	f(0, 1, 2)
	f(2, 0, 1)
	f(1, 2, 0)
}

func TestManyBatchesAreMergedInOrder(t *testing.T) {
	var even, odd strings.Builder
	const seconds = 20_000 // several batches a file
	for second := range seconds {
		w := &even
		if second%2 == 1 {
			w = &odd
		}
		w.WriteString(line(second, "192.0.2.66", "/"))
	}
	even.WriteString(line(seconds, "192.0.2.66", "/.env"))
	sum, _ := replay(t, pack(t, "even.gz", even.String()), pack(t, "odd.log", odd.String()))
	if sum.Lines != seconds+1 || len(sum.WouldBlock) != 1 || sum.WouldBlock[0].AfterRequests != seconds+1 || sum.WouldBlock[0].Line != seconds/2+1 {
		t.Errorf("%+v", sum)
	}
}

func TestOddFiles(t *testing.T) {
	f := func(file string, lines, quarantined int64) {
		t.Helper()
		sum, findings := replay(t, file)
		if sum.Lines != lines || sum.Quarantined != quarantined || sum.Parsed != 0 || findings != "" {
			t.Errorf("%s: %+v", file, sum)
		}
		if sum.WouldBlock == nil || sum.Rules == nil || sum.Reasons == nil {
			t.Errorf("%s: JSON would have null for an empty list: %+v", file, sum)
		}
	}
	f(pack(t, "empty.log", ""), 0, 0)
	f(pack(t, "empty.gz", ""), 0, 0)
	f(pack(t, "garbage.log", "one\n\x00\xff\xfe\n{\"half\": \n"+strings.Repeat("long ", 50_000)+"\n"), 4, 4)
	f(pack(t, "unended.log", "no line end"), 1, 1)
}

func TestErrorsNameTheFile(t *testing.T) {
	good := pack(t, "good.log", strings.Repeat(line(1, "192.0.2.66", "/"), 100_000))
	f := func(file, want string) {
		t.Helper()
		_, err := Run(t.Context(), options(t, nil, good, file))
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	f(filepath.Join(t.TempDir(), "none.log"), "no such file")
	f(t.TempDir(), "is a directory")
	whole, err := os.ReadFile(pack(t, "cut.gz", strings.Repeat(line(1, "192.0.2.66", "/"), 1000)))
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.gz")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	f(cut, "unexpected EOF")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFindingsThatCannotBeWritten(t *testing.T) {
	o := options(t, nil, "testdata/edge.log")
	o.Findings = full{}
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "write findings: disk full") {
		t.Errorf("%v", err)
	}
}

func TestCancelledInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var read atomic.Int64
	big := pack(t, "big.log", strings.Repeat(line(1, "192.0.2.66", "/"), 200_000))
	o := options(t, nil, big, big)
	o.Progress = func(n int) {
		if read.Add(int64(n)) > 1<<20 {
			cancel()
		}
	}
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(big); err != nil || read.Load() >= 2*info.Size() {
		t.Errorf("everything was read all the same: %d", read.Load())
	}
}

func TestProgressCountsWhatLiesOnDisk(t *testing.T) {
	gz := pack(t, "x.gz", strings.Repeat(line(1, "192.0.2.66", "/"), 1000))
	var read atomic.Int64
	o := options(t, nil, gz, "testdata/edge.log")
	o.Progress = func(n int) { read.Add(int64(n)) }
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for _, file := range o.Files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if read.Load() != size {
		t.Errorf("progress tells %d of %d bytes", read.Load(), size)
	}
}

// TestInput: what comes on a stream is unpacked as its first bytes tell.
func TestInput(t *testing.T) {
	text := line(0, "192.0.2.66", "/") + line(1, "192.0.2.66", "/.env")
	for _, name := range []string{"a.log", "a.gz", "a.zst"} {
		in, err := os.Open(pack(t, name, text))
		if err != nil {
			t.Fatal(err)
		}
		o := options(t, nil, "-")
		read := 0
		o.Input, o.Progress = in, func(n int) { read += n }
		s, err := Run(t.Context(), o)
		if err != nil || s.Parsed != 2 || len(s.WouldBlock) != 1 || s.WouldBlock[0].File != "-" || read == 0 {
			t.Errorf("%s: %+v, %v after %d bytes", name, s, err, read)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
}
