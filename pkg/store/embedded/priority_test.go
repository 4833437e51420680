package embedded_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// watcher is the priority that the engine gives, where it may, to the thread
// that watches its memory.
const watcher = "-20"

// TestEngineStandsBack: every thread of the engine, those that it started
// itself included, has a lower priority than the program it belongs to.
func TestEngineStandsBack(t *testing.T) {
	h := enginetest.Start(t)
	ours, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := "/proc/" + pidOf(h) + "/task/"
	threads, err := os.ReadDir(dir)
	if err != nil || len(threads) < 2 {
		t.Fatalf("%d threads: %v", len(threads), err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile(dir + thread.Name() + "/stat")
		if os.IsNotExist(err) {
			continue // it has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		// The name may hold anything; the state follows its closing bracket.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[16] == watcher {
			continue
		}
		if nice, err := strconv.Atoi(fields[16]); err != nil || nice <= 20-ours {
			t.Errorf("thread %s: nice %s, ours is %d: %v", thread.Name(), fields[16], 20-ours, err)
		}
	}
}
