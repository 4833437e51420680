package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockWait is how long a start waits for the one before it to let go of the
// data directory: a parent that was killed leaves a child that is still
// flushing.
const lockWait = 10 * time.Second

// lockDir claims a data directory for this process. The kernel lets go of the
// claim when the process ends, however it ends.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, sign(f)
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || !wait(ctx, 100*time.Millisecond) {
			holder, _ := os.ReadFile(path)
			_ = f.Close()
			return nil, fmt.Errorf("data directory %s is in use by another engine (process %s): stop that one, or set store.engine.data_dir to another directory",
				dir, orDefault(strings.TrimSpace(string(holder)), "unknown"))
		}
	}
}

// sign writes who holds the lock, for the message of whoever comes second.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("lock data directory: %w", err)
	}
	if _, err := fmt.Fprintf(f, "%d\n", os.Getpid()); err != nil {
		return fmt.Errorf("lock data directory: %w", err)
	}
	return nil
}
