package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// Source is one configured log, which may be many files.
type Source struct {
	Name      string // unique; becomes part of subjects on the bus
	Gateway   string // the gateway that writes the log
	Kind      event.Kind
	Direction event.Direction
	Log       accesslog.Options // format, mapping and trusted hops
	// Mask, unless it is nil, makes of a batch what may leave this host. It is
	// called from several goroutines, and with a batch again when that is
	// published again.
	Mask func(*event.Batch)
}

// Errors that a File gives.
var (
	// ErrTruncated: the file was cut or replaced in place. What follows in it
	// is another file; what was not read yet may be in a copy.
	ErrTruncated = errors.New("the file was truncated")
	// ErrPaused: the file is to be let go although it is not finished. It will
	// be handed out again when there is more in it.
	ErrPaused = errors.New("the file is set aside")
)

// Files finds the log files of all sources. It is implemented by the tailer.
type Files interface {
	// Run calls follow for every file, each in a goroutine of its own, and
	// blocks until ctx is over and every call has returned. A file is handed
	// to one follow at a time, and again after that has returned, if there is
	// more in it.
	Run(ctx context.Context, follow Follow) error
}

// Follow ships a file until it is finished, truncated, set aside or ctx is
// over. An error other than that of ctx means that the file could not be read.
type Follow func(ctx context.Context, f File) error

// File is one log file, whatever it is called by now. Its methods may be
// called from several goroutines.
type File interface {
	Source() string        // name of the source
	ID() string            // identity, see event.FileID
	Path() string          // where the file is, for people
	Start() event.Position // the last committed position
	Size() int64           // bytes in the file at present
	// ReadAt reads from offset on. A short read is no error: it means the end
	// for now. It fails with ErrTruncated when the file ends before offset or
	// is not the same any more.
	ReadAt(p []byte, offset int64) (int, error)
	// Wait returns nil when the file is, or may be, longer than size, or when
	// patience (if not zero) is over; io.EOF when nobody writes to the file
	// any more and size is its end; ErrTruncated; ErrPaused; or ctx's error.
	Wait(ctx context.Context, size int64, patience time.Duration) error
	// Commit notes that everything before at is on the bus.
	Commit(at event.Position)
}

func (s *Source) check() error {
	if s.Name == "" {
		return errors.New("log source without a name")
	}
	if _, err := accesslog.NewReader(s.Log); err != nil {
		return fmt.Errorf("log source %s: %w", s.Name, err)
	}
	return nil
}
