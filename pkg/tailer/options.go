package tailer

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// From tells where to begin in the files that a source has when it is seen
// for the first time. Files that turn up later are always read whole.
type From uint8

const (
	Beginning From = iota
	End
)

// ParseFrom reads "beginning" or "end"; empty is the beginning.
func ParseFrom(s string) (From, error) {
	switch s {
	case "", "beginning":
		return Beginning, nil
	case "end":
		return End, nil
	}
	return 0, fmt.Errorf("from %q: want beginning or end", s)
}

// Source is where the files of one log are.
type Source struct {
	Name  string   // as in ingest.Source
	Paths []string // of files, or globs as of path/filepath.Match
	From  From
}

// Options of a Tailer; zero values take the defaults.
type Options struct {
	Sources []Source
	// Positions is the file that remembers how far each log has been read. It
	// is locked, by a file of the same name with ".lock", while Run runs.
	Positions string
	// PollOnly does without the watcher: for file systems that tell nothing of
	// what other hosts write.
	PollOnly bool
	MaxFiles int           // open at the same time; default 512
	Deleted  int64         // bytes of the disk that deleted files may hold until they are read; default 1 GiB
	Scan     time.Duration // between two looks for new files; default 1 s
	Poll     time.Duration // between two looks at a file without an event; default 1 s
	Drain    time.Duration // a rotated file is done when idle for so long; default 10 s
	Save     time.Duration // between two writings of Positions; default 1 s
}

func (o *Options) defaults() {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	o.Sources = slices.Clone(o.Sources)
	for i, s := range o.Sources {
		o.Sources[i].Paths = nil
		for _, p := range s.Paths {
			o.Sources[i].Paths = append(o.Sources[i].Paths, filepath.Clean(p))
		}
	}
	set(&o.Scan, time.Second)
	set(&o.Poll, time.Second)
	set(&o.Drain, 10*time.Second)
	set(&o.Save, time.Second)
	if o.MaxFiles <= 0 {
		o.MaxFiles = 512
	}
	if o.Deleted <= 0 {
		o.Deleted = 1 << 30
	}
}

func (o *Options) check() error {
	if o.Positions == "" {
		return errors.New("tailer without a positions file")
	}
	for _, s := range o.Sources {
		if len(s.Paths) == 0 {
			return fmt.Errorf("log source %s: no paths", s.Name)
		}
		for _, p := range s.Paths {
			if _, err := filepath.Match(p, ""); err != nil {
				return fmt.Errorf("log source %s: path %q: %w", s.Name, p, err)
			}
		}
	}
	return nil
}
