package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// Restarts wait this long at first, doubling up to the cap; a child that ran
// for the stable time starts the count anew.
const (
	firstDelay = 100 * time.Millisecond
	maxDelay   = 30 * time.Second
	stableTime = 30 * time.Second
)

// ErrStopped means that the engine is not running and will not be.
var ErrStopped = errors.New("the engine has stopped")

// Engine supervises the child process. Its methods are safe for concurrent use.
type Engine struct {
	opts   Options
	optErr error
	log    *slog.Logger

	mu       sync.Mutex
	addr     string // where the child listens; kept over restarts
	pid      int
	serving  bool
	restarts int
	ended    error // why Run returned
	changed  chan struct{}
}

// New prepares an Engine. Nothing is started, and nothing touched, before Run.
func New(opts Options, log *slog.Logger) *Engine {
	filled, err := opts.withDefaults()
	return &Engine{opts: filled, optErr: err, log: log, changed: make(chan struct{})}
}

// Run keeps the child running until ctx ends, then stops it and waits for it.
// A child that cannot start the first time is an error, returned at once:
// a missing library, a data directory in use, an address that is taken. One
// that dies later is restarted, on the same port, with growing delays.
func (e *Engine) Run(ctx context.Context) error {
	err := e.run(ctx)
	ended := err
	if ended == nil {
		ended = ErrStopped
	}
	e.update(func() { e.serving, e.pid, e.ended = false, 0, ended })
	return err
}

func (e *Engine) run(ctx context.Context) error {
	library, err := e.prepare()
	if err != nil {
		return fmt.Errorf("start engine: %w", err)
	}
	for delay := firstDelay; ; delay = min(2*delay, maxDelay) {
		began := time.Now()
		err := e.runChild(ctx, e.opts.child(library, e.listen()))
		if ctx.Err() != nil {
			return nil
		}
		if e.Addr() == "" {
			return fmt.Errorf("start engine: %w", err)
		}
		if time.Since(began) > stableTime {
			delay = firstDelay
		}
		e.update(func() { e.restarts++ })
		e.log.Error("the engine died; starting it again", "error", err, "ran", time.Since(began), "delay", delay)
		if !wait(ctx, delay) {
			return nil
		}
	}
}

// prepare checks what can be checked before a process is started.
func (e *Engine) prepare() (library string, err error) {
	if e.optErr != nil {
		return "", e.optErr
	}
	if library, err = FindLibrary(e.opts.Library); err != nil {
		return "", err
	}
	if err := os.MkdirAll(e.opts.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("make data directory: %w", err)
	}
	if err := os.Chmod(e.opts.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("close data directory to others: %w", err)
	}
	return library, nil
}

// listen is the configured address, or the one that the first child got.
func (e *Engine) listen() string { return orDefault(e.Addr(), e.opts.Listen) }

// Ready blocks until the engine answers, and returns nil then. It returns the
// context's error when that ends first, or what Run returned.
func (e *Engine) Ready(ctx context.Context) error {
	for {
		e.mu.Lock()
		serving, ended, changed := e.serving, e.ended, e.changed
		e.mu.Unlock()
		switch {
		case ended != nil:
			return fmt.Errorf("wait for engine: %w", ended)
		case serving && e.ping(ctx) == nil:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for engine: %w", ctx.Err())
		}
	}
}

// ping asks the child whether it answers.
func (e *Engine) ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Addr()+"/ping", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ping engine: %s", resp.Status)
	}
	return nil
}

// Addr is where the engine listens, or empty before it first did.
func (e *Engine) Addr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr
}

// PID is the child's process id, or 0 while there is none.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Restarts counts how often the child was started again.
func (e *Engine) Restarts() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

// Credentials are those of the service account.
func (e *Engine) Credentials() (user, password string) {
	return ServiceUser, e.opts.ServicePassword
}

// Database is the one that the accounts are for.
func (e *Engine) Database() string { return e.opts.Database }

// update changes the state and wakes all that wait for it.
func (e *Engine) update(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
	close(e.changed)
	e.changed = make(chan struct{})
}

// wait sleeps unless ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
