package tailer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The positions of a version that knew less of a log are taken as they are.
func TestPositionsWrittenByAnEarlierVersion(t *testing.T) {
	h := newHost(t, "access.log")
	h.write("access.log", 10)
	h.append("access.log.1", strings.ReplaceAll(h.lines(10), "GET /", "GET /old/"))
	h.start()
	h.eventually("ten lines", func() bool { return h.bus.Len() == 10 })
	h.end()
	var w written
	data, err := os.ReadFile(h.opts.Positions)
	h.must(errors.Join(err, json.Unmarshal(data, &w)))
	for _, e := range w.Files {
		if e.Past {
			continue
		}
		old := fmt.Sprintf(`{"version":1,"sources":{"edge":"2026-01-02T03:04:05Z"},"files":[{"source":"edge","id":%q,`+
			`"device":%d,"inode":%d,"generation":0,"first_device":%d,"first_inode":%d,"head":%q,"path":%q,"offset":%d,"line":11,`+
			`"tail":%q,"tail_at":%d,"seen":"2026-01-02T03:04:05Z"}]}`, e.ID, e.Device, e.Inode, e.FirstDevice, e.FirstInode,
			e.Head, e.Path, e.Offset, e.Tail, e.TailAt)
		h.must(os.WriteFile(h.opts.Positions, []byte(old), 0o600))
	}
	h.start()
	h.write("access.log", 10)
	h.eventually("ten more", func() bool { return h.bus.Len() == 20 })
	if files := h.files(); files != 1 {
		t.Errorf("the lines have %d identities", files)
	}
}
