package tailer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// entry is what is remembered of a file.
type entry struct {
	Source     string `json:"source"`
	ID         string `json:"id"`
	Device     uint64 `json:"device"`
	Inode      uint64 `json:"inode"` // 0 when the inode holds another file by now
	Generation uint64 `json:"generation"`
	// Where the file was when it got its identity; a copy lies elsewhere.
	FirstDevice uint64    `json:"first_device"`
	FirstInode  uint64    `json:"first_inode"`
	Head        string    `json:"head"` // digest of the first line
	Path        string    `json:"path"`
	Offset      int64     `json:"offset"` // everything before it is on the bus
	Line        int64     `json:"line"`
	Tail        string    `json:"tail,omitempty"` // digest of the bytes before TailAt
	TailAt      int64     `json:"tail_at,omitempty"`
	Truncated   bool      `json:"truncated,omitempty"` // what was not read may be in a copy
	Seen        time.Time `json:"seen"`
	// until is when nobody looks for the file any more outside its paths.
	until time.Time
}

func (e *entry) key() key    { return key{e.Device, e.Inode} }
func (e *entry) origin() key { return key{e.FirstDevice, e.FirstInode} }

// Entries are forgotten after forget; files are looked for under other names
// for search after they were last read.
const (
	forget = 7 * 24 * time.Hour
	search = 10 * time.Minute
)

// book is the positions file. Entries are changed by the scanning goroutine
// only, but for their offsets; all is guarded by mu.
type book struct {
	path string
	lock *os.File

	mu      sync.Mutex
	entries map[string]*entry    // by id
	sources map[string]time.Time // and when each was last scanned
	dirty   bool
}

// written is the form of the file.
type written struct {
	Version int                  `json:"version"`
	Sources map[string]time.Time `json:"sources"`
	Files   []*entry             `json:"files"`
}

const bookVersion = 1

// openBook claims and reads a positions file.
func openBook(path string, now time.Time) (*book, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the positions file: %w", err)
	}
	lock, err := claim(path + ".lock")
	if err != nil {
		return nil, err
	}
	b := &book{path: path, lock: lock, entries: map[string]*entry{}, sources: map[string]time.Time{}}
	if err := b.load(now); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return b, nil
}

// claim locks a file for this process; the lock ends with the process.
func claim(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the positions file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock %s: another process reads these logs: stop it, or give this one another data directory: %w", path, err)
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

func (b *book) load(now time.Time) error {
	data, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the positions file: %w", err)
	}
	var w written
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("positions file %s is damaged: %w: put back a copy, or remove it to read the logs from where the bus has them", b.path, err)
	}
	if w.Version != bookVersion {
		return fmt.Errorf("positions file %s has version %d, this program reads %d", b.path, w.Version, bookVersion)
	}
	maps.Copy(b.sources, w.Sources)
	for _, e := range w.Files {
		e.until = now.Add(search)
		b.entries[e.ID] = e
	}
	return nil
}

// save writes the file, if anything changed, so that either the old or the
// new one survives a crash.
func (b *book) save() error {
	data, err := b.encode()
	if data == nil || err != nil {
		return err
	}
	if err := renameio.WriteFile(b.path, data, 0o640); err != nil {
		b.mu.Lock()
		b.dirty = true
		b.mu.Unlock()
		return fmt.Errorf("write the positions file: %w", err)
	}
	return nil
}

func (b *book) encode() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty {
		return nil, nil
	}
	b.dirty = false
	w := written{Version: bookVersion, Sources: b.sources}
	for _, e := range b.entries {
		w.Files = append(w.Files, e)
	}
	return json.Marshal(w)
}

func (b *book) close() error { return errors.Join(b.save(), b.lock.Close()) }

// change runs do with the entries locked and has the file written.
func (b *book) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	b.dirty = true
}

// find gives the entry that fits.
func (b *book) find(fits func(*entry) bool) *entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if fits(e) {
			return e
		}
	}
	return nil
}

// nextGeneration is how many files an inode has held that are still known,
// and their successors.
func (b *book) nextGeneration(source string, k key) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := uint64(0)
	for _, e := range b.entries {
		if e.Source == source && e.origin() == k {
			next = max(next, e.Generation+1)
		}
	}
	return next
}

// scanned is when a source was last scanned, the zero time if never.
func (b *book) scanned(source string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sources[source]
}

// holders gives the ids of the files that the paths of a source led to.
func (b *book) holders(source string) map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := map[string]string{}
	for _, e := range b.entries {
		if e.Source == source && !e.Truncated {
			held[e.Path] = e.ID
		}
	}
	return held
}

// ids gives the ids of the files that inodes hold.
func (b *book) ids(source string) map[key]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := map[key]string{}
	for _, e := range b.entries {
		if e.Source == source && !e.Truncated {
			held[e.key()] = e.ID
		}
	}
	return held
}

func (b *book) position(e *entry) event.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return event.Position{Offset: e.Offset, Line: e.Line}
}

// prune forgets the files that were not seen for long.
func (b *book) prune(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, e := range b.entries {
		if now.Sub(e.Seen) > forget || e.Truncated && now.After(e.until) {
			delete(b.entries, id)
			b.dirty = true
		}
	}
}
