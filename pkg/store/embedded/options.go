package embedded

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"runtime"
	"time"
)

// ServiceUser and ViewerUser are the names of the engine's two accounts.
const (
	ServiceUser = "honeymoat"
	ViewerUser  = "viewer"
)

// Defaults of Options.
const (
	DefaultListen         = "127.0.0.1:8123"
	DefaultDatabase       = "honeymoat"
	DefaultMaxMemoryBytes = 2 << 30
	minMemoryBytes        = 512 << 20
)

// Options configure an Engine. Command and DataDir are required.
type Options struct {
	// Command starts the child: a program that calls RunChild, and its
	// arguments, as in {os.Executable(), "engine"}.
	Command []string
	// Env is added to the child's environment, which otherwise holds next to
	// nothing: what the parent was given is not the engine's business.
	Env []string
	// Library is the path of libchdb.so. Empty: see FindLibrary.
	Library string
	// DataDir holds the engine's data; made if missing, readable by the owner only.
	DataDir string
	// Listen is the address of the HTTP interface. With port 0 a free port is
	// taken at the first start and kept over restarts.
	Listen string
	// Database is the one that the service account owns and the viewer reads.
	Database string
	// ServicePassword of the account ServiceUser. Empty: a random one.
	ServicePassword string
	// ViewerPassword of the account ViewerUser. Empty: there is no viewer.
	ViewerPassword string
	// MaxMemoryBytes bounds the engine's memory; at least 512 MiB.
	MaxMemoryBytes int64
	// LockWait is how long a start waits for an engine that is still closing
	// to let go of DataDir.
	LockWait time.Duration
	// StopTimeout is how long a stop may take before the child is killed.
	StopTimeout time.Duration
}

// withDefaults fills in what was left out and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if len(o.Command) == 0 {
		return o, fmt.Errorf("engine options: Command is empty")
	}
	if o.DataDir == "" {
		return o, fmt.Errorf("engine options: DataDir is empty; set store.engine.data_dir")
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return o, fmt.Errorf("engine options: %w", err)
	}
	o.DataDir = dir
	o.Listen = orDefault(o.Listen, DefaultListen)
	o.Database = orDefault(o.Database, DefaultDatabase)
	o.MaxMemoryBytes = max(orDefault(o.MaxMemoryBytes, DefaultMaxMemoryBytes), minMemoryBytes)
	o.StopTimeout = orDefault(o.StopTimeout, 30*time.Second)
	o.LockWait = orDefault(o.LockWait, 15*time.Second)
	if o.ServicePassword == "" {
		o.ServicePassword = rand.Text()
	}
	return o, nil
}

// child is what the child process is told.
func (o Options) child(library, listen string) ChildConfig {
	return ChildConfig{
		Library: library, DataDir: o.DataDir, Listen: listen, Database: o.Database,
		ServicePassword: o.ServicePassword, ViewerPassword: o.ViewerPassword,
		MaxMemoryBytes: o.MaxMemoryBytes, Threads: runtime.NumCPU(), LockWaitSeconds: o.LockWait.Seconds(),
	}
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
