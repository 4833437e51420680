package tailer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// absentEntries bounds how many streams of a source are remembered that lie
// nowhere any more. The first to be forgotten are those that went first: no
// clock is asked, since it may jump.
const absentEntries = 256

// book is the positions file. Entries are changed by the scanning goroutine
// only, but for their offsets; all is guarded by mu.
type book struct {
	path string
	lock *os.File

	mu      sync.Mutex
	turn    uint64 // number of the scan
	entries map[string]*entry
	sources map[string]bool // those that have been looked at before
	dirty   bool
}

// written is the form of the file.
type written struct {
	Version int             `json:"version"`
	Turn    uint64          `json:"turn"`
	Sources map[string]bool `json:"surveyed"`
	Files   []*entry        `json:"files"`
}

const bookVersion = 1

// openBook claims and reads a positions file.
func openBook(path string) (*book, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the positions file: %w", err)
	}
	lock, err := claim(path + ".lock")
	if err != nil {
		return nil, err
	}
	b := &book{path: path, lock: lock, entries: map[string]*entry{}, sources: map[string]bool{}}
	if err := b.load(); err != nil {
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

func (b *book) load() error {
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
	b.turn = w.Turn
	for _, e := range w.Files {
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
	w := written{Version: bookVersion, Turn: b.turn, Sources: b.sources}
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

// ofSource gives the entries of a source.
func (b *book) ofSource(source string) []*entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*entry
	for _, e := range b.entries {
		if e.Source == source {
			found = append(found, e)
		}
	}
	return found
}

// add puts a stream on record that was never seen.
func (b *book) add(e *entry) {
	b.change(func() { e.Turn, b.entries[e.ID] = b.turn, e })
}

// surveyed tells whether a source has been looked at before.
func (b *book) surveyed(source string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sources[source]
}

// nextGeneration is how many streams an inode has held that are still known,
// and their successors.
func (b *book) nextGeneration(source string, k key) uint64 {
	next := uint64(0)
	for _, e := range b.ofSource(source) {
		if e.origin() == k {
			next = max(next, e.Generation+1)
		}
	}
	return next
}

func (b *book) position(e *entry) event.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return event.Position{Offset: e.Offset, Line: e.Line}
}

// head is how a stream begins, as far as that was seen.
func (b *book) head(e *entry) head {
	b.mu.Lock()
	defer b.mu.Unlock()
	return e.head()
}

// saw notes that streams were seen in this scan. It is written down with the
// next change.
func (b *book) saw(entries []*entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range entries {
		e.Turn = b.turn
	}
}

// present tells whether a stream was seen in this scan.
func (b *book) present(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	return e != nil && e.Turn == b.turn
}

// next begins a scan, and forgets what went long ago.
func (b *book) next() {
	b.mu.Lock()
	defer b.mu.Unlock()
	absent := map[string][]*entry{}
	for _, e := range b.entries {
		if e.Turn < b.turn {
			absent[e.Source] = append(absent[e.Source], e)
		}
	}
	b.turn++
	for _, entries := range absent {
		slices.SortFunc(entries, func(x, y *entry) int { return cmp.Compare(y.Turn, x.Turn) })
		for _, e := range entries[min(len(entries), absentEntries):] {
			delete(b.entries, e.ID)
			b.dirty = true
		}
	}
}
