package embedded

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// confinedEnv tells the replaced process in which file descriptor its
// configuration lies.
const confinedEnv = "HONEYMOAT_ENGINE_CONFIG_FD"

// receiveConfig returns the configuration in a process that is confined, as
// far as the kernel can. A sandbox holds for the calling thread and its
// children only, and a Go process has many threads already: so the first
// process reads the configuration, confines one thread, and replaces itself
// from there. The second finds the configuration in an open descriptor.
func receiveConfig(in io.Reader, log *slog.Logger) (ChildConfig, error) {
	if fd, err := strconv.Atoi(os.Getenv(confinedEnv)); err == nil {
		return handedOver(fd)
	}
	cfg, err := readConfig(in)
	if err != nil {
		return cfg, err
	}
	if err := prepareDir(cfg); err != nil {
		return cfg, err
	}
	if err := replaceConfined(cfg); err != nil {
		log.Warn("the engine is not confined by the kernel; its accounts are held by grants alone", "reason", err.Error(),
			"hint", "Landlock needs Linux 5.13 or newer, and `landlock` among the kernel's security modules")
	}
	return cfg, nil
}

// prepareDir makes the data directory, claims it, and writes the engine's
// configuration, which the engine itself cannot write any more once confined.
func prepareDir(cfg ChildConfig) error {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if err := lockDir(cfg.DataDir, time.Duration(cfg.LockWaitSeconds*float64(time.Second))); err != nil {
		return err
	}
	return writeEngineConfig(cfg)
}

// handedOver reads the configuration that the first process left.
func handedOver(fd int) (ChildConfig, error) {
	f := os.NewFile(uintptr(fd), "engine configuration")
	defer f.Close()
	if err := os.Unsetenv(confinedEnv); err != nil {
		return ChildConfig{}, err
	}
	return readConfig(f)
}

// replaceConfined confines this thread and starts the program anew on it. It
// returns only if it could not.
func replaceConfined(cfg ChildConfig) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	fd, err := handOver(cfg)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := confine(sandboxOf(cfg, exe)); err != nil {
		return err
	}
	env := append(os.Environ(), confinedEnv+"="+strconv.Itoa(fd))
	return fmt.Errorf("replace process: %w", syscall.Exec(exe, os.Args, env))
}

// handOver puts the configuration into memory that the next process inherits.
func handOver(cfg ChildConfig) (int, error) {
	fd, err := unix.MemfdCreate("engine-configuration", 0)
	if err != nil {
		return 0, fmt.Errorf("hand over configuration: %w", err)
	}
	var line strings.Builder
	if err := writeLine(&line, cfg); err != nil {
		return 0, errors.Join(err, unix.Close(fd))
	}
	if _, err := unix.Pwrite(fd, []byte(line.String()), 0); err != nil {
		return 0, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}
