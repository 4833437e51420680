package cli

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// standardInput stands where a file is named.
const standardInput = "-"

// interruptible gives a stream that can be closed while somebody reads it,
// which a process cannot do to the input that it inherits.
func interruptible(in io.Reader) (io.ReadCloser, error) {
	f, ok := in.(*os.File)
	if !ok {
		return io.NopCloser(in), nil
	}
	if _, err := f.Seek(0, io.SeekCurrent); err == nil {
		return f, nil // a file is never waited for
	}
	fd := f.Fd()
	if again, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
		return again, nil
	}
	// A socket cannot be opened again.
	own, err := syscall.Dup(int(fd))
	if err == nil {
		syscall.CloseOnExec(own)
		err = syscall.SetNonblock(own, true)
	}
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return os.NewFile(uintptr(own), f.Name()), nil
}
