package tailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fingerprintBytes bounds how much of a file its fingerprints look at.
const fingerprintBytes = 256

// key is a file on this host, as long as it exists.
type key struct{ device, inode uint64 }

// look is what one look at a file tells.
type look struct {
	key
	size    int64
	changed time.Time
	links   uint64
}

func lookAt(info os.FileInfo) (look, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return look{}, false
	}
	k, _ := inodeOf(info)
	return look{key: k, size: info.Size(), changed: info.ModTime(), links: uint64(st.Nlink)}, true
}

func inodeOf(info os.FileInfo) (key, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return key{}, false
	}
	return key{uint64(st.Dev), st.Ino}, true
}

// lookPath looks at what a path leads to; ok is false for what is missing or
// no regular file.
func lookPath(path string) (l look, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return look{}, false
	}
	return lookAt(info)
}

// firstLine gives the beginning of a file that tells it from others: its
// first line or first bytes. A file that has neither yet is too young to tell.
func firstLine(r io.ReaderAt) (first []byte, ok bool) {
	buf := make([]byte, fingerprintBytes)
	n, err := r.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return nil, false
	}
	if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
		return buf[:i+1], true
	}
	return buf[:n], n == len(buf)
}

// wordsBefore gives the bytes before an offset.
func wordsBefore(r io.ReaderAt, offset int64) ([]byte, bool) {
	n := min(offset, fingerprintBytes)
	buf := make([]byte, n)
	_, err := r.ReadAt(buf, offset-n)
	return buf, err == nil || err == io.EOF && n == 0
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// sameBeginning compares as much of two files as both have, up to 4 KiB.
func sameBeginning(a, b io.ReaderAt) bool {
	var x, y [4096]byte
	n, _ := a.ReadAt(x[:], 0)
	m, _ := b.ReadAt(y[:], 0)
	least := min(n, m)
	return bytes.Equal(x[:least], y[:least])
}

// related tells whether one path may be the rotated form of the other:
// "a/access.log" of "a/access.log.1", "a/access.log-20240101" and
// "a/access-20240101.log".
func related(a, b string) bool {
	if filepath.Dir(a) != filepath.Dir(b) {
		return false
	}
	a, b = filepath.Base(a), filepath.Base(b)
	return strings.HasPrefix(a, root(b)) || strings.HasPrefix(b, root(a))
}

// root takes the extension, and numbers before and after it, off a name.
func root(name string) string {
	const number = ".-_0123456789"
	name = strings.TrimRight(name, number)
	if name = strings.TrimSuffix(name, filepath.Ext(name)); name == "" {
		return "\x00"
	}
	if short := strings.TrimRight(name, number); short != "" {
		return short
	}
	return name
}
