package tailer

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

func TestRenameWithLateWrites(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 10)
	h.start()
	h.shipped()
	h.write("access.log", 10)
	h.rename("access.log", "access.log.1")
	h.write("access.log.1", 10) // the writer has not reopened its log yet
	h.shipped()
	h.write("access.log", 10)
	h.write("access.log.1", 10)
	h.check()
}

func TestWritesAfterTheOldFileWasLetGo(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 5)
	h.start()
	h.shipped()
	h.rename("access.log", "access.log.1")
	h.write("access.log", 5)
	h.eventually("the old file is let go", func() bool { return h.metric("honeymoat_tailer_rotations_total") == 1 })
	h.write("access.log.1", 5)
	h.check()
}

func TestTwoRenamesInQuickSuccession(t *testing.T) {
	h := newHost(t, "access.log")
	h.start()
	for range 5 {
		h.write("access.log", 100)
		h.shipped()
		h.write("access.log", 100)
		h.rename("access.log", "access.log.1")
		h.write("access.log", 100)
		h.rename("access.log.1", "access.log.2")
		h.rename("access.log", "access.log.1")
		h.write("access.log", 100)
		h.shipped()
	}
	h.check()
}

func TestRenamedFilesThatTheGlobMatchesToo(t *testing.T) {
	h := newHost(t, "access.log*")
	h.start()
	for range 4 {
		h.write("access.log", 20)
		if _, err := os.Stat(h.path("access.log.1")); err == nil {
			h.rename("access.log.1", "access.log.2")
		}
		h.rename("access.log", "access.log.1")
		h.write("access.log", 20)
		h.shipped()
	}
	h.check()
}

func TestCopyAndTruncate(t *testing.T) {
	for _, pattern := range []string{"access.log", "access.log*"} {
		t.Run(pattern, func(t *testing.T) {
			h := newHost(t, pattern)
			h.start()
			for i := range 4 {
				h.write("access.log", 50)
				h.shipped()
				h.copyTruncate("access.log", "access.log."+string(rune('a'+i)))
				h.write("access.log", 5)
				h.shipped()
			}
			h.check()
		})
	}
}

func TestUnreadLinesAreReadFromTheCopy(t *testing.T) {
	for _, pattern := range []string{"access.log", "access.log*"} {
		t.Run(pattern, func(t *testing.T) {
			h := newHost(t, pattern)
			h.write("access.log", 500)
			h.start()
			h.shipped()
			h.end()
			h.write("access.log", 500)
			h.copyTruncate("access.log", "access.log.1")
			h.write("access.log", 3)
			h.start()
			h.check()
		})
	}
}

func TestACopyThatIsNotTruncatedIsNoNewFile(t *testing.T) {
	h := newHost(t, "*")
	h.write("access.log", 20)
	h.start()
	h.shipped()
	data, err := os.ReadFile(h.path("access.log"))
	h.must(err)
	h.append("access.log.bak", string(data))
	h.write("access.log", 20)
	h.check()
}

func TestRenamedWhileNobodyRead(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 30)
	h.start()
	h.shipped()
	h.end()
	h.write("access.log", 30)
	h.rename("access.log", "access.log.1")
	h.write("access.log", 30)
	h.start()
	h.check()
}

func TestDeletedFileIsReadToItsEnd(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 10)
	h.start()
	h.shipped()
	late, err := os.OpenFile(h.path("access.log"), os.O_APPEND|os.O_WRONLY, 0)
	h.must(err)
	defer late.Close()
	h.must(os.Remove(h.path("access.log")))
	_, err = late.WriteString(h.lines(10))
	h.must(err)
	h.shipped()
	h.write("access.log", 10)
	h.check()
	h.eventually("the deleted file is let go", func() bool { return h.metric("honeymoat_tailer_open_files") == 1 })
}

func TestReplacedBySmallerFile(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 100)
	h.start()
	h.shipped()
	h.must(os.WriteFile(h.path("access.log"), []byte(h.lines(3)), 0o600))
	h.check()
	h.end()
	h.must(os.WriteFile(h.path("access.log"), []byte(h.lines(2)), 0o600))
	h.start()
	h.check()
}

func TestReplacedByLargerFile(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 3)
	h.start()
	h.shipped()
	h.end()
	h.must(os.WriteFile(h.path("access.log"), []byte(h.lines(100)), 0o600))
	h.start()
	h.check()
}

func TestShrunkKeepsItsFirstLine(t *testing.T) {
	h := newHost(t, "access.log")
	head := ingesttest.Line("/head") + "\n"
	h.append("access.log", head+h.lines(50))
	h.start()
	h.eventually("all lines", func() bool { return h.bus.Len() == 51 })
	h.end()
	h.must(os.WriteFile(h.path("access.log"), []byte(head+h.lines(10)), 0o600))
	h.start()
	h.eventually("the lines of the next generation", func() bool { return h.bus.Len() == 62 })
	paths := h.bus.Paths()
	if paths["/head"] != 2 || paths["/59"] != 1 || paths["/0"] != 1 {
		t.Errorf("came out as %v", paths)
	}
}

func TestHalfALineAtTheEnd(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 1)
	line := h.lines(1)
	h.append("access.log", line[:20])
	h.start()
	h.eventually("the whole line", func() bool { return h.bus.Len() == 1 })
	h.append("access.log", line[20:len(line)-1])
	h.rename("access.log", "access.log.1")
	h.write("access.log", 1)
	h.check()
}

func TestFolderReplaced(t *testing.T) {
	h := newHost(t, "logs/access.log")
	h.must(os.Mkdir(h.path("logs"), 0o700))
	h.write("logs/access.log", 5)
	h.start()
	h.shipped()
	h.rename("logs", "old")
	h.must(os.Mkdir(h.path("logs"), 0o700))
	h.write("logs/access.log", 5)
	h.check()
}

// TestRotatedBothWaysWhileTheBusIsAway: nobody sees the truncation, because
// whoever reads the file waits for the bus, and by the time that is back what
// was written after it has another name and is old.
func TestRotatedBothWaysWhileTheBusIsAway(t *testing.T) {
	for _, killed := range []bool{false, true} {
		h := newHost(t, "access.log")
		h.write("access.log", 30)
		h.start()
		h.shipped()
		h.dead.Store(true)
		h.write("access.log", 300)
		h.copyTruncate("access.log", "access.log.1")
		h.write("access.log", 40)
		long := time.Now().Add(-time.Hour)
		h.must(os.Chtimes(h.path("access.log"), long, long))
		h.rename("access.log", "access.log.2")
		h.write("access.log", 30)
		if killed {
			h.kill()
			h.start()
		}
		h.dead.Store(false)
		h.check()
		h.end()
	}
}

// The inode of a log that was truncated is used again for the compressed copy
// of what was in it.
func TestInodeUsedAgainForTheCopy(t *testing.T) {
	for _, pattern := range []string{"access.log", "access.log*"} {
		t.Run(pattern, func(t *testing.T) {
			h := newHost(t, pattern)
			h.write("access.log", 50)
			h.start()
			h.shipped()
			h.copyTruncate("access.log", "access.log.1")
			h.write("access.log", 10)
			h.shipped()
			h.end()
			h.must(os.Remove(h.path("access.log")))
			h.compress("access.log.1", ".gz", gzipped)
			h.write("access.log", 10)
			h.start()
			h.check()
		})
	}
}

// Another log is created in the inode of one that was deleted.
func TestInodeUsedAgain(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 50)
	h.start()
	h.shipped()
	for range 5 {
		h.end()
		h.must(os.Remove(h.path("access.log")))
		h.write("access.log", 60)
		h.write("error.log", 1)
		h.next--
		h.start()
		h.check()
	}
}

// A log is cut, and keeps its first lines: they are shipped again, since what
// follows them is another log.
func TestCutInPlace(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 50)
	h.start()
	h.shipped()
	h.must(os.Truncate(h.path("access.log"), int64(len(ingesttest.Line("/0"))+1)))
	h.eventually("the line that was kept comes again", func() bool { return h.bus.Paths()["/0"] == 2 })
	h.write("access.log", 5)
	h.eventually("the lines after it", func() bool { return h.bus.Len() == 56 })
}

// A header is the same in every generation of a log.
func TestGenerationsThatBeginAlike(t *testing.T) {
	for _, pattern := range []string{"access.log", "access.log*"} {
		t.Run(pattern, func(t *testing.T) {
			h := newHost(t, pattern)
			header := "#Software: a gateway\n#Fields: everything\n"
			shipped := func() {
				h.eventually("every line", func() bool { return len(h.bus.Paths()) >= h.next+1 })
			}
			h.append("access.log", header+h.lines(20))
			h.start()
			shipped()
			for i := range 3 {
				h.copyTruncate("access.log", "access.log."+string(rune('a'+i)))
				h.append("access.log", header+h.lines(40))
				shipped()
				h.rename("access.log", "access.log."+string(rune('k'+i)))
				h.append("access.log", header+h.lines(60))
				shipped()
			}
			for i := range h.next {
				if n := h.bus.Paths()["/"+strconv.Itoa(i)]; n != 1 {
					t.Errorf("line %d is there %d times", i, n)
				}
			}
		})
	}
}

// Nobody tells of what is written to a renamed log, but the watcher tells of
// the one that has its place: it is known as soon as it has a line.
func TestTheNextLogIsKnownAtOnce(t *testing.T) {
	h := newHost(t, "access.log")
	h.opts.Scan = time.Hour
	h.write("access.log", 10)
	h.start()
	h.shipped()
	known := func(n int) {
		h.eventually("the log is known", func() bool { return strings.Count(h.log.String(), "a log file is new") >= n })
	}
	for i := range 5 {
		h.rename("access.log", "access.log."+strconv.Itoa(i))
		h.write("access.log."+strconv.Itoa(i), 10)
		h.append("access.log", "")
		h.write("access.log", 10)
		known(2 + 2*i)
		h.copyTruncate("access.log", "access.log-copy"+strconv.Itoa(i))
		h.write("access.log", 5) // one of the same size is noticed by the next scan, or line
		known(3 + 2*i)
		h.shipped()
	}
	h.check()
}
