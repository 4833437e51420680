package tailer

import (
	"os"
	"syscall"
	"time"
)

// key is a file on this host, as long as it exists.
type key struct{ device, inode uint64 }

// look is what one look at a file tells.
type look struct {
	key
	size    int64
	written time.Time // by the clock of the file system: only good for comparing
	changed time.Time // the same, but nobody can set it
	links   uint64
}

// same tells that nothing happened to a file between two looks.
func (l look) same(o look) bool { return l.sameBytes(o) && l.changed.Equal(o.changed) }

// sameBytes tells that nothing was written, though the name may be another.
func (l look) sameBytes(o look) bool {
	return l.key == o.key && l.size == o.size && l.written.Equal(o.written)
}

// lookAt is false for what is no regular file.
func lookAt(info os.FileInfo) (look, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return look{}, false
	}
	k, _ := inodeOf(info)
	return look{
		key: k, size: info.Size(), written: info.ModTime(), links: uint64(st.Nlink),
		changed: time.Unix(st.Ctim.Sec, st.Ctim.Nsec),
	}, true
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

// lookHandle looks at an open file, whatever it is called by now.
func lookHandle(f *os.File) (l look, ok bool) {
	info, err := f.Stat()
	if err != nil {
		return look{}, false
	}
	return lookAt(info)
}
