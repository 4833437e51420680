package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockDir claims a data directory for this process, and for the one that it
// replaces itself with: the descriptor is inherited, and never closed. The
// kernel lets go of the claim when the process ends, however it ends. It waits
// a while for another holder: a parent that was killed leaves a child that is
// still flushing.
func lockDir(dir string, patience time.Duration) error {
	path := filepath.Join(dir, "lock")
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT, 0o600)
	if err != nil {
		return fmt.Errorf("lock data directory: open %s: %w", path, err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return sign(fd)
		}
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) {
			holder, _ := os.ReadFile(path)
			return errors.Join(inUse(dir, strings.TrimSpace(string(holder))), unix.Close(fd))
		}
	}
}

func inUse(dir, holder string) error {
	return fmt.Errorf("data directory %s is in use by another engine (process %s): stop that one, or set store.engine.data_dir to another directory",
		dir, orDefault(holder, "unknown"))
}

// sign writes who holds the lock, for the message of whoever comes second.
func sign(fd int) error {
	if err := unix.Ftruncate(fd, 0); err != nil {
		return fmt.Errorf("lock data directory: %w", err)
	}
	if _, err := unix.Pwrite(fd, []byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("lock data directory: %w", err)
	}
	return nil
}
