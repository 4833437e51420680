package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// reader is a process that reads logs, as far as it can be seen from outside.
type reader struct {
	process   *stage.Process
	positions string
	// alive is held for reading by those who need the process to live, and
	// for writing by who kills it.
	alive sync.RWMutex
	// stuck is set while the bus is full: then nobody waits for what is read.
	stuck atomic.Bool
}

// waitRead bounds how long a rotation waits for the reader. A record of several
// lines is whole after two seconds, and positions are written each second.
const waitRead = 5 * time.Second

// debt is a file that has to be read up to its end.
type debt struct {
	inode uint64
	size  int64
}

func debtOf(path string) (debt, error) {
	info, err := os.Stat(path)
	if err != nil {
		return debt{}, err
	}
	return debt{info.Sys().(*syscall.Stat_t).Ino, info.Size()}, nil
}

// kill ends the process once nobody needs it.
func (r *reader) kill() {
	r.alive.Lock()
	defer r.alive.Unlock()
	r.process.Kill()
}

// hold waits until the reader has a file open, for good and not only for a
// look, and keeps it from being killed until letGo.
func (r *reader) hold(path string) bool {
	if r.stuck.Load() || !r.alive.TryRLock() {
		return false
	}
	seen := 0
	err := r.soon("the log is open", func() bool {
		if seen++; !r.hasOpen(path) {
			seen = 0
		}
		return seen == 10
	})
	if err != nil || r.stuck.Load() {
		r.alive.RUnlock()
		return false
	}
	return true
}

func (r *reader) letGo() { r.alive.RUnlock() }

// hasRead waits until all of a file is on the bus, and written down.
func (r *reader) hasRead(path string) bool {
	return !r.stuck.Load() && r.soon("the log was read", func() bool { return r.has(path) }) == nil
}

func (r *reader) soon(what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), waitRead)
	defer cancel()
	return stage.Until(ctx, what, func(context.Context) error {
		if !ok() {
			return fmt.Errorf("not yet")
		}
		return nil
	})
}

// has tells whether all of a file is on the bus, and written down.
func (r *reader) has(path string) bool {
	d, err := debtOf(path)
	return err == nil && r.paid(d)
}

// paid tells the same of a file that may have been deleted.
func (r *reader) paid(d debt) bool {
	data, err := os.ReadFile(r.positions)
	if err != nil {
		return false
	}
	var book struct {
		Files []struct {
			Inode     uint64 `json:"inode"`
			Offset    int64  `json:"offset"`
			Truncated bool   `json:"truncated"`
		} `json:"files"`
	}
	if err := json.Unmarshal(data, &book); err != nil {
		return false
	}
	for _, f := range book.Files {
		if f.Inode == d.inode && f.Offset == d.size && !f.Truncated {
			return true
		}
	}
	return false
}

func (r *reader) hasOpen(path string) bool {
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", r.process.Pid()))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(links, func(link string) bool {
		to, err := os.Readlink(link)
		return err == nil && to == path
	})
}

// settle frees the reader of what it has read of deleted logs.
func (l *numbered) settle() {
	l.owed = slices.DeleteFunc(l.owed, func(d debt) bool {
		paid := l.reader.paid(d)
		if paid {
			l.reader.letGo()
		}
		return paid
	})
}

// settled waits until every deleted log has been read, and frees the reader
// whether it has or not.
func (l *numbered) settled() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	defer func() {
		for range l.owed {
			l.reader.letGo()
		}
	}()
	return stage.Until(ctx, "deleted logs of "+l.name+" were read", func(context.Context) error {
		if l.settle(); len(l.owed) > 0 {
			return fmt.Errorf("%d are left", len(l.owed))
		}
		return nil
	})
}
