package decoyserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	syncInterval = time.Second
	logMode      = 0o640 // a log shipper of the file's group may read it
)

// LogOptions say where the decoy log is and how it is rotated.
type LogOptions struct {
	Path     string
	MaxBytes int64         // rotated when longer; 0 = 64 MiB
	MaxAge   time.Duration // rotated when opened longer ago; 0 = 24 h
	Keep     int           // rotated files that are kept, as Path.1 (the newest) to Path.N; 0 = 7
	Log      *slog.Logger
}

// LogFile is a log of one JSON object a line. A line is written whole, by one
// system call, and is on disk within a second. It is safe for concurrent use.
type LogFile struct {
	options  LogOptions
	failures atomic.Uint64

	mu      sync.Mutex // for all below
	file    *os.File
	size    int64
	limit   int64 // size from which the file is rotated
	opened  time.Time
	torn    bool // the file ends within a line
	unsaved bool
	failing bool
}

// OpenLog opens the log for appending, or makes it.
func OpenLog(o LogOptions) (*LogFile, error) {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 24 * time.Hour
	}
	if o.Keep <= 0 {
		o.Keep = 7
	}
	l := &LogFile{options: o}
	return l, l.open()
}

// Failures is the number of lines that could not be written.
func (l *LogFile) Failures() uint64 { return l.failures.Load() }

// Write appends one line, which ends in a newline. When it cannot, as on a
// full disk, it says so once, counts the line, and tries again with the next.
func (l *LogFile) Write(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(line); err != nil {
		l.failures.Add(1)
		if !l.failing {
			l.failing = true
			l.options.Log.Error("touches of decoys cannot be logged; they are still answered", "error", err,
				"hint", "is the disk full, or the directory gone?")
		}
		return fmt.Errorf("write decoy log: %w", err)
	}
	if l.failing {
		l.failing = false
		l.options.Log.Info("touches of decoys can be logged again", "lost", l.failures.Load())
	}
	return nil
}

// Run syncs and rotates until ctx ends, then closes the log.
func (l *LogFile) Run(ctx context.Context) error {
	tick := time.NewTicker(syncInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return l.close()
		case <-tick.C:
			l.upkeep()
		}
	}
}

func (l *LogFile) open() error {
	file, err := os.OpenFile(l.options.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, logMode)
	if err != nil {
		return fmt.Errorf("open decoy log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("look at decoy log: %w", err), file.Close())
	}
	torn, err := endsWithin(file, info.Size())
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size, l.opened, l.torn = file, info.Size(), time.Now(), torn
	l.limit = l.options.MaxBytes
	return nil
}

// endsWithin tells whether the file ends within a line.
func endsWithin(file io.ReaderAt, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var last [1]byte
	if _, err := file.ReadAt(last[:], size-1); err != nil {
		return false, fmt.Errorf("read the end of the decoy log: %w", err)
	}
	return last[0] != '\n', nil
}

func (l *LogFile) write(line []byte) error {
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	l.unsaved = true
	if n > 0 {
		l.torn = !bytes.HasSuffix(line[:n], []byte{'\n'})
	}
	if err == nil && l.size >= l.limit {
		l.rotate()
	}
	return err
}

// upkeep syncs what was written, and rotates what is old or was moved away.
func (l *LogFile) upkeep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	if err := l.sync(); err != nil {
		l.options.Log.Error("the decoy log cannot be synced", "error", err)
	}
	switch {
	case !l.inPlace():
		l.drop()
	case l.size > 0 && time.Since(l.opened) >= l.options.MaxAge:
		l.rotate()
	}
}

func (l *LogFile) sync() error {
	if !l.unsaved {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("sync decoy log: %w", err)
	}
	l.unsaved = false
	return nil
}

// inPlace tells whether the open file is still the one at the path: somebody
// else may rotate it.
func (l *LogFile) inPlace() bool {
	ours, err1 := l.file.Stat()
	there, err2 := os.Stat(l.options.Path)
	return err1 == nil && err2 == nil && os.SameFile(ours, there)
}

// rotate renames the files in turn. The next write opens a new one. When a
// rename fails, the log goes on in the old file, and is rotated when it has
// grown by as much again.
func (l *LogFile) rotate() {
	if err := errors.Join(l.sync(), l.shift()); err != nil {
		l.options.Log.Error("the decoy log cannot be rotated; it goes on in the same file", "error", err)
		l.opened, l.limit = time.Now(), l.size+l.options.MaxBytes
		return
	}
	l.drop()
}

func (l *LogFile) shift() error {
	for i := l.options.Keep; i > 0; i-- {
		err := os.Rename(l.numbered(i-1), l.numbered(i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate decoy log: %w", err)
		}
	}
	return nil
}

func (l *LogFile) numbered(i int) string {
	if i == 0 {
		return l.options.Path
	}
	return l.options.Path + "." + strconv.Itoa(i)
}

func (l *LogFile) drop() {
	if err := l.file.Close(); err != nil {
		l.options.Log.Error("the decoy log cannot be closed", "error", err)
	}
	l.file = nil
}

func (l *LogFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.sync(), l.file.Close())
	l.file = nil
	return err
}
