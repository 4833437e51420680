package stage

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Backend is the application behind the gateways: everything under /shop is
// there, nothing else is. It remembers what it was asked.
type Backend struct {
	Address string

	mu    sync.Mutex
	paths []string
	serve []string // paths outside /shop that are there all the same
}

// Backend starts an application in this process.
func (s *Stage) Backend() (*Backend, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the backend: %w", err)
	}
	b := &Backend{Address: listener.Addr().String()}
	server := &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	s.onClose(func() error {
		err := server.Close()
		<-done
		return err
	})
	return b, nil
}

// Serves adds a path that the application has.
func (b *Backend) Serves(path string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serve = append(b.serve, path)
}

// Asked tells how many requests for a path have reached the application.
func (b *Backend) Asked(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, p := range b.paths {
		if p == path {
			n++
		}
	}
	return n
}

// ServeHTTP implements http.Handler.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch b.note(r.URL.Path) {
	case http.StatusOK:
		_, _ = fmt.Fprintln(w, "welcome to the shop") // the client may have gone
	case http.StatusUnauthorized:
		http.Error(w, "the shop wants you to log in", http.StatusUnauthorized)
	default:
		http.NotFound(w, r)
	}
}

func (b *Backend) note(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paths = append(b.paths, path)
	switch {
	case path == "/shop/account":
		return http.StatusUnauthorized
	case strings.HasPrefix(path, "/shop") || slices.Contains(b.serve, path):
		return http.StatusOK
	}
	return http.StatusNotFound
}
