package tailer

import (
	"errors"
	"os"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// What is read is never of another stream than what was read before.
func TestReadingNoticesThatAFileHoldsAnotherStream(t *testing.T) {
	f := func(what string, first int64, change func(h *host), offset int64) {
		t.Helper()
		h := newHost(t, "access.log")
		h.append("access.log", "the first line\nthe second line\n")
		handle, err := os.Open(h.path("access.log"))
		h.must(err)
		defer handle.Close()
		p := newPlain(nil, handle, []byte("the first line\n"))
		buf := make([]byte, 1000)
		if first > 0 {
			_, err = p.read(buf[:first], 0)
			h.must(err)
		}
		change(h)
		if n, err := p.read(buf, offset); !errors.Is(err, ingest.ErrTruncated) {
			t.Errorf("%s: read %q, %v", what, buf[:n], err)
		}
	}
	anew := func(text string) func(*host) {
		return func(h *host) { h.put("access.log", []byte(text)) }
	}
	f("cut before anything was read", 0, anew(""), 0)
	f("written anew before anything was read", 0, anew("another line\n"), 0)
	f("cut", 15, anew(""), 15)
	f("cut behind its first line", 31, anew("the first line\n"), 31)
	f("written anew", 15, anew("another line, and more of it\n"), 15)
	f("written anew under the same first line", 31, anew("the first line\nanother line\nmore lines\n"), 31)
}
