package endtoend

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// rotation is a way to begin a new log. do is false when it would lose lines by
// its nature, see RATIONALE.md: the log is then renamed instead.
type rotation struct {
	name string
	do   func(*numbered) (bool, error)
}

// rotations lists what may happen to the log.
func (l *numbered) rotations() []rotation {
	all := []rotation{
		renamedAway,
		{"copied and truncated", (*numbered).copied},
		{"compressed by gzip", func(l *numbered) (bool, error) { return l.compressed(".gz") }},
		{"compressed by zstd", func(l *numbered) (bool, error) { return l.compressed(".zst") }},
		{"deleted", (*numbered).deleted},
		{"written anew, smaller", (*numbered).smaller},
		{"replaced by a smaller file", (*numbered).replaced},
		{"an inode used again", (*numbered).reused},
	}
	if l.grown != nil {
		all = append(all, rotation{"another name", (*numbered).growing})
	}
	return all
}

var renamedAway = rotation{"renamed", (*numbered).renamed}

// rotate begins a new log. A line is never in the middle of a rotation, and
// every log has a line by which to know it.
func (l *numbered) rotate(r rotation) error {
	if err := l.finishLine(); err != nil {
		return err
	}
	if l.present.offset == 0 {
		if err := l.more(1); err != nil {
			return err
		}
	}
	done, err := r.do(l)
	if err == nil && !done {
		r = renamedAway
		_, err = r.do(l)
	}
	l.tally[r.name]++
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

// away renames the log; as servers do, the writer notices a little later.
func (l *numbered) away() (to string, err error) {
	l.serial++
	to = fmt.Sprintf("%s.%d", l.path, l.serial)
	if err := os.Rename(l.path, to); err != nil {
		return "", err
	}
	if err := l.more(l.random.IntN(5)); err != nil {
		return "", err
	}
	return to, l.out.Close()
}

func (l *numbered) renamed() (bool, error) {
	to, err := l.away()
	if err != nil {
		return false, err
	}
	l.old = append(l.old, to)
	l.begin()
	return true, l.open()
}

// copied is what logrotate does with copytruncate.
func (l *numbered) copied() (bool, error) {
	l.serial++
	to := fmt.Sprintf("%s.%d", l.path, l.serial)
	l.old = append(l.old, to)
	l.begin()
	return true, copyAndTruncate(l.path, to)
}

// compressed renames the log and has it compressed a little later, in two
// goes; only then the plain file is deleted.
func (l *numbered) compressed(ext string) (bool, error) {
	to, err := l.away()
	if err != nil {
		return false, err
	}
	from := min(l.now+1+l.random.IntN(60), l.writes-1)
	l.at(from, func() error {
		rest, err := packHalf(to, ext, l.random.Float64())
		l.at(min(l.now+1+l.random.IntN(60), l.writes-1), rest)
		return err
	})
	l.begin()
	return true, l.open()
}

// at has something done before a write; at once, if that is the present one.
func (l *numbered) at(write int, do func() error) {
	l.later[write] = append(l.later[write], do)
}

// packHalf writes a share of the compressed form of a file; rest writes what is
// left and deletes the file.
func packHalf(file, ext string, share float64) (rest func() error, err error) {
	plain, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var packed strings.Builder
	if err := pack(&packed, ext, plain); err != nil {
		return nil, err
	}
	data := packed.String()
	half := int(share * float64(len(data)))
	out, err := os.OpenFile(file+ext, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = out.WriteString(data[:half])
	return func() error {
		_, err := out.WriteString(data[half:])
		return errors.Join(err, out.Close(), os.Remove(file))
	}, err
}

func pack(to io.Writer, ext string, plain []byte) error {
	var z io.WriteCloser = gzip.NewWriter(to)
	if ext == ".zst" {
		var err error
		if z, err = zstd.NewWriter(to); err != nil {
			return err
		}
	}
	_, err := z.Write(plain)
	return errors.Join(err, z.Close())
}

// deleted deletes the log while its reader has it open. Until all of it has
// been read, the reader is not killed: that would lose lines.
func (l *numbered) deleted() (bool, error) {
	if !l.reader.hold(l.path) {
		return false, nil
	}
	owed, err := debtOf(l.path)
	if err != nil {
		l.reader.letGo()
		return false, err
	}
	l.owed = append(l.owed, owed)
	l.begin()
	return true, errors.Join(os.Remove(l.path), l.out.Close(), l.open())
}

// smaller writes the log anew in its place, with less in it.
func (l *numbered) smaller() (bool, error) {
	if l.present.offset < 4<<10 || !l.reader.hasRead(l.path) {
		return false, nil
	}
	if err := os.Truncate(l.path, 0); err != nil {
		return false, err
	}
	l.begin()
	return true, l.more(1 + l.random.IntN(3))
}

// replaced puts another file in the place of the log, with less in it.
func (l *numbered) replaced() (bool, error) {
	if l.present.offset < 4<<10 || !l.reader.hasRead(l.path) {
		return false, nil
	}
	if err := l.out.Close(); err != nil {
		return false, err
	}
	return true, l.moveIn(os.O_CREATE | os.O_EXCL)
}

// reused renames the log, and begins the next one in the inode of an old one,
// all of which has been read.
func (l *numbered) reused() (bool, error) {
	i := slices.IndexFunc(l.old, l.reader.has)
	if i < 0 {
		return false, nil
	}
	again := l.old[i]
	l.old = slices.Delete(l.old, i, i+1)
	to, err := l.away()
	if err != nil {
		return false, err
	}
	l.old = append(l.old, to)
	if err := os.Rename(again, l.spare); err != nil {
		return false, err
	}
	return true, l.moveIn(os.O_TRUNC)
}

// moveIn begins a log in another folder and then moves it to its place.
func (l *numbered) moveIn(flags int) (err error) {
	l.out, err = os.OpenFile(l.spare, os.O_APPEND|os.O_WRONLY|flags, 0o600)
	if err != nil {
		return err
	}
	l.begin()
	if err := l.more(1 + l.random.IntN(3)); err != nil {
		return err
	}
	return os.Rename(l.spare, l.path)
}

// growing leaves the log where it is and goes on under the next name.
func (l *numbered) growing() (bool, error) {
	l.old = append(l.old, l.path)
	l.names++
	l.path = l.grown(l.names)
	l.begin()
	return true, errors.Join(l.out.Close(), l.open())
}
