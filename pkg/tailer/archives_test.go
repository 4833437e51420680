package tailer

import (
	"os"
	"strings"
	"testing"
	"time"
)

// packers are the ways to compress a log, by the ending of its name.
func packers() map[string]func(*host, []byte) []byte {
	return map[string]func(*host, []byte) []byte{".gz": gzipped, ".zst": zstandard}
}

func eachPacker(t *testing.T, do func(t *testing.T, ext string, pack func(*host, []byte) []byte)) {
	for ext, pack := range packers() {
		t.Run(ext, func(t *testing.T) { do(t, ext, pack) })
	}
}

// read gives what is in a log.
func (h *host) read(name string) []byte {
	h.Helper()
	data, err := os.ReadFile(h.path(name))
	h.must(err)
	return data
}

// put writes a whole file.
func (h *host) put(name string, data []byte) {
	h.Helper()
	h.must(os.WriteFile(h.path(name), data, 0o600))
}

// compress replaces a log by its compressed form, of the same age.
func (h *host) compress(name, ext string, pack func(*host, []byte) []byte) {
	h.Helper()
	info, err := os.Stat(h.path(name))
	h.must(err)
	h.put(name+ext, pack(h, h.read(name)))
	h.must(os.Chtimes(h.path(name+ext), info.ModTime(), info.ModTime()))
	h.must(os.Remove(h.path(name)))
}

func TestCompressedOnRotate(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "access.log")
		h.start()
		for range 3 {
			h.write("access.log", 300)
			h.shipped()
			h.write("access.log", 300)
			h.rename("access.log", "access.log.1")
			h.compress("access.log.1", ext, pack)
			h.write("access.log", 20)
		}
		h.check()
	})
}

// The handle of the plain file is lost with the process: what was not shipped
// is read from the compressed one, under the old identity and offsets.
func TestCompressedHalfReadWhileNobodyRead(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "access.log")
		h.write("access.log", 500)
		h.start()
		h.shipped()
		h.kill()
		h.write("access.log", 5000)
		h.rename("access.log", "access.log.1")
		h.compress("access.log.1", ext, pack)
		h.write("access.log", 5)
		h.start()
		h.check()
		if files := h.files(); files != 2 {
			t.Errorf("the lines have %d identities", files)
		}
	})
}

// files counts the identities of what was shipped.
func (h *host) files() int {
	ids := map[string]bool{}
	for _, r := range h.bus.Records() {
		ids[r.File] = true
	}
	return len(ids)
}

func TestKilledWhileItReadsACompressedLog(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "*.log", "*.log"+ext)
		h.put("late.log"+ext, pack(h, []byte(h.lines(40_000))))
		for range 4 {
			was := h.bus.Len()
			h.start()
			h.eventually("some of it is shipped", func() bool { return h.bus.Len() > was || was == h.next })
			h.kill()
		}
		h.start()
		h.check()
		if files := h.files(); files != 1 {
			t.Errorf("the lines have %d identities", files)
		}
	})
}

// As AWS delivers them: they appear one by one, complete, and stay.
func TestCompressedLogsAreReadOnce(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "*"+ext)
		h.start()
		for _, name := range []string{"a", "b", "c"} {
			h.put(name+ext, pack(h, []byte(h.lines(1000))))
			h.shipped()
		}
		h.end()
		h.start()
		h.put("a-again"+ext, h.read("a"+ext))
		h.put("d"+ext, pack(h, []byte(strings.TrimSuffix(h.lines(10), "\n"))))
		h.check()
	})
}

func TestMoreCompressedLogsThanMayBeOpen(t *testing.T) {
	h := newHost(t, "*.gz")
	for i := range 5 * archivesAtOnce {
		h.put(string(rune('a'+i))+".gz", gzipped(h, []byte(h.lines(100))))
	}
	h.start()
	h.check()
}

func TestACompressedLogThatIsWrittenSlowly(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "*"+ext, "other.log")
		data := pack(h, []byte(h.lines(5000)))
		h.put("a"+ext, data[:len(data)/2])
		h.start()
		h.write("other.log", 10)
		h.eventually("another log is not kept waiting", func() bool { return h.bus.Len() >= 10 })
		h.append("a"+ext, string(data[len(data)/2:]))
		h.check()
	})
}

func TestADamagedCompressedLogIsToldOnce(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "*"+ext)
		whole := pack(h, []byte(h.lines(60_000)))
		h.put("a"+ext, whole[:len(whole)-len(whole)/10])
		h.put("b"+ext, []byte("nothing of the kind"))
		h.start()
		h.eventually("both are told", func() bool { return h.metric("honeymoat_tailer_failures_total") == 2 })
		if n := h.bus.Len(); n == 0 || n == h.next {
			t.Errorf("%d of %d lines of the damaged file were shipped", n, h.next)
		}
		h.put("a"+ext, whole)
		h.check()
		if n := strings.Count(h.log.String(), "is damaged or was never finished"); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// What was there before us is no news, whatever is done to it later.
func TestOldFilesBesideALogAreNotRead(t *testing.T) {
	h := newHost(t, "access.log")
	old := h.lines(100)
	h.next = 0
	h.put("access.log.1", []byte(strings.ReplaceAll(old, "GET /", "GET /old/")))
	h.put("access.log.2.gz", gzipped(h, []byte(strings.ReplaceAll(old, "GET /", "GET /older/"))))
	h.write("access.log", 10)
	h.start()
	h.shipped()
	h.rename("access.log.2.gz", "access.log.3.gz")
	h.compress("access.log.1", ".gz", gzipped)
	h.rename("access.log.1.gz", "access.log.2.gz")
	h.rename("access.log", "access.log.1")
	h.write("access.log", 10)
	h.shipped()
	h.end()
	h.start()
	h.write("access.log", 10)
	h.check()
}

// A log that came and went between two looks is known by its name alone.
func TestRotatedAndCompressedBeforeAnybodyLooked(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "access.log")
		h.write("access.log", 10)
		h.start()
		h.shipped()
		h.kill()
		for _, to := range []string{"access.log-20240101", "access-20240102.log"} {
			h.write("access.log", 50)
			h.rename("access.log", to)
			h.compress(to, ext, pack)
		}
		h.write("access.log", 10)
		h.start()
		h.check()
	})
}

// The clock of a host jumps back and forth, and the times of its files with it.
func TestTimesOfFilesDoNotMatter(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 1)
	h.start()
	h.shipped()
	for i, year := range []int{2000, 2100, 1970, 2038, 1999} {
		h.write("access.log", 100)
		if i%2 == 0 {
			h.kill()
		}
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		h.must(os.Chtimes(h.path("access.log"), at, at))
		h.write("access.log", 100)
		h.must(os.Chtimes(h.path("access.log"), at, at))
		h.rename("access.log", "access.log."+string(rune('1'+i)))
		h.write("access.log", 10)
		if i%2 == 0 {
			h.start()
		}
		h.shipped()
	}
	h.check()
}

// Whoever compresses was stopped half way: the plain file is still there.
func TestHalfCompressedBesideThePlainFile(t *testing.T) {
	eachPacker(t, func(t *testing.T, ext string, pack func(*host, []byte) []byte) {
		h := newHost(t, "access.log")
		h.write("access.log", 10)
		h.start()
		h.shipped()
		h.kill()
		h.rename("access.log", "access.log.2")
		h.write("access.log.1", 20_000)
		data := pack(h, h.read("access.log.1"))
		h.put("access.log.1"+ext, data[:len(data)/2])
		h.write("access.log", 10)
		h.start()
		h.check()
		h.put("access.log.1"+ext, data)
		h.must(os.Remove(h.path("access.log.1")))
		h.write("access.log", 10)
		h.check()
	})
}
