package quarantine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const segmentSuffix = ".raw"

// segment is one file of the spool.
type segment struct {
	number uint64
	file   *os.File
	size   int64
	live   int              // records in it that are not settled
	about  map[string]int64 // file → where it is described
}

func segmentName(number uint64) string { return fmt.Sprintf("%016x%s", number, segmentSuffix) }

func segmentNumber(name string) (number uint64, ok bool) {
	text, ok := strings.CutSuffix(name, segmentSuffix)
	number, err := strconv.ParseUint(text, 16, 64)
	return number, ok && err == nil && len(text) == 16
}

// openSegment opens a segment; flags may ask for a new one.
func openSegment(dir string, number uint64, flags int) (*segment, error) {
	f, err := os.OpenFile(filepath.Join(dir, segmentName(number)), os.O_RDWR|flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	return &segment{number: number, file: f, about: map[string]int64{}}, nil
}

// scan gives each whole frame to take. What was left by half at the end is cut
// off; damage in the middle is passed over, and told in bytes.
func (s *segment) scan(take func(at int64, f *frame)) (damaged int64, err error) {
	data, err := os.ReadFile(s.file.Name())
	if err != nil {
		return 0, fmt.Errorf("read spool: %w", err)
	}
	for at := int64(0); at < int64(len(data)); {
		f, size, ok := parseFrame(data[at:])
		if !ok {
			at += alignment
			continue
		}
		damaged += at - s.size
		take(at, &f)
		at += size
		s.size = at
	}
	if int64(len(data)) > s.size {
		err = s.file.Truncate(s.size)
	}
	if err != nil {
		return damaged, fmt.Errorf("cut the torn end of the spool: %w", err)
	}
	return damaged, nil
}

// append writes frames behind the last one. After an error nothing was added.
func (s *segment) append(frames []byte) error {
	if _, err := s.file.WriteAt(frames, s.size); err != nil {
		return errors.Join(fmt.Errorf("write to spool: %w", err), s.file.Truncate(s.size))
	}
	s.size += int64(len(frames))
	return nil
}

// change overwrites the mutable half of a frame.
func (s *segment) change(at int64, f *frame) error {
	if _, err := s.file.WriteAt(f.mutable(), at+mutableAt); err != nil {
		return fmt.Errorf("change spool: %w", err)
	}
	return nil
}

// body reads bytes of a frame's body.
func (s *segment) body(at int64, size int) ([]byte, error) {
	data := make([]byte, size)
	if _, err := s.file.ReadAt(data, at+headBytes); err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	return data, nil
}

// frame reads a whole frame.
func (s *segment) frame(at int64) (frame, error) {
	head := make([]byte, headBytes)
	if _, err := s.file.ReadAt(head, at); err != nil {
		return frame{}, fmt.Errorf("read spool: %w", err)
	}
	data := make([]byte, frameSize(bodySize(head)))
	if _, err := s.file.ReadAt(data, at); err != nil {
		return frame{}, fmt.Errorf("read spool: %w", err)
	}
	f, _, ok := parseFrame(data)
	if !ok {
		return frame{}, fmt.Errorf("read spool: the frame at %d is damaged", at)
	}
	return f, nil
}

// rewrite puts a frame with a body of the same length in place of another.
func (s *segment) rewrite(at int64, f *frame) error {
	if _, err := s.file.WriteAt(appendFrame(nil, f), at); err != nil {
		return fmt.Errorf("rewrite spool: %w", err)
	}
	return nil
}

func (s *segment) sync() error {
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	return nil
}

// remove deletes the segment.
func (s *segment) remove() error {
	return errors.Join(os.Remove(s.file.Name()), s.file.Close())
}
