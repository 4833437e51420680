package event

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Position is a place in a file between two records.
type Position struct {
	Offset int64 // bytes before it
	Line   int64 // 1-based number of the line that begins there
}

// FileID makes the identity of a file: the same file gives the same id over
// renames and restarts, and an inode used again, or a file copied and
// truncated, gives another one through its generation or its first bytes.
// The result is 16 hex digits.
func FileID(source string, device, inode, generation uint64, first []byte) string {
	h := xxh3.New()
	var fixed [24]byte
	binary.LittleEndian.PutUint64(fixed[0:], device)
	binary.LittleEndian.PutUint64(fixed[8:], inode)
	binary.LittleEndian.PutUint64(fixed[16:], generation)
	_, _ = h.WriteString(source)
	_, _ = h.Write(fixed[:])
	_, _ = h.Write(first)
	sum := h.Sum64()
	return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}

// RecordID is the identity of a row: its file and its offset in it. It is
// the same whenever and however often the line is read.
func (b *Batch) RecordID(row int) string {
	return FormatRecordID(b.File, b.Number(Offset, row))
}

// FormatRecordID writes a record's identity.
func FormatRecordID(file string, offset int64) string {
	return file + "-" + strconv.FormatInt(offset, 10)
}

// ParseRecordID is the inverse of FormatRecordID.
func ParseRecordID(id string) (file string, offset int64, err error) {
	file, rest, ok := strings.Cut(id, "-")
	if ok {
		offset, err = strconv.ParseInt(rest, 10, 64)
	}
	if !ok || err != nil || file == "" || offset < 0 {
		return "", 0, fmt.Errorf("event id %q: want FILE-OFFSET, such as 00c5a0f1e2d3b4a5-1024", id)
	}
	return file, offset, nil
}

// Excerpt makes the beginning of a record printable: at most ExcerptBytes,
// with control bytes and invalid UTF-8 written as \xHH.
func Excerpt(record []byte) string {
	var s strings.Builder
	for len(record) > 0 && s.Len() < ExcerptBytes-utf8.UTFMax {
		r, size := utf8.DecodeRune(record)
		if r == utf8.RuneError && size == 1 || r < ' ' || r == 0x7f {
			fmt.Fprintf(&s, `\x%02X`, record[0])
		} else {
			s.WriteRune(r)
		}
		record = record[size:]
	}
	return s.String()
}
