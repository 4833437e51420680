package quarantine

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestKilledWhileKeeping: what Keep has returned from is there after SIGKILL,
// life after life.
func TestKilledWhileKeeping(t *testing.T) {
	dir := t.TempDir()
	kept := 0
	for range 8 {
		kept = keepAndKill(t, dir, kept+20+rand.IntN(60))
		s := openSpool(t, dir, 64<<20)
		lines := held(t, s, fileA)
		if len(lines) <= kept {
			t.Fatalf("%d records are left of %d", len(lines), kept+1)
		}
		for n, line := range lines {
			if want := fmt.Sprintf("%d %s\n", n, strings.Repeat("x", n%3000)); line != want {
				t.Fatalf("record %d is %.20q", n, line)
			}
		}
	}
}

// keepAndKill runs a process until it has kept a record, and gives the last one
// of which it said so.
func keepAndKill(t *testing.T, dir string, until int) (last int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for killed := false; lines.Scan(); {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the process says %q", lines.Text())
		}
		if last >= until && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	return last
}
