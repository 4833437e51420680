package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ControlSocket is the file of the state directory at which the running agent
// answers the commands of its own program. Only its owner may connect.
const ControlSocket = "control.sock"

const (
	maxSocketPath  = 107 // bytes, on Linux
	maxQuestion    = 1 << 20
	controlTimeout = 30 * time.Second // a look at all of a million blocks takes a while
	decidePath     = "/decide"
	holdingPath    = "/holding"
)

// answerPeople opens the control socket. An agent goes without where the path
// is too long for one: the commands then read the saved state.
func (g *Gateway) answerPeople(ctx context.Context, _ live) error {
	path := filepath.Join(g.config.StateDir, ControlSocket)
	if len(path) > maxSocketPath {
		g.log.Warn("no control socket: its path is too long; honeymoat-agent decide and blocks tell of the saved state", "path", path)
		return nil
	}
	// Whoever has the lock of the directory is the only one to listen here.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the control socket of a former process: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	g.opened("control", l)
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("set the mode of the control socket: %w", err)
	}
	handler := g.controlHandler()
	g.add("control", func(ctx context.Context) error { return serveStatus(ctx, l, handler) })
	return nil
}

func (g *Gateway) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+decidePath, answering(g, func(q Question) (Answer, error) {
		return q.answer(g.agent, g.identities.rules.Load())
	}))
	mux.HandleFunc("POST "+holdingPath, answering(g, func(q HoldingQuestion) (Holding, error) {
		h, err := q.answer(g.agent)
		h.Name, h.InSync = g.name, g.agent.InSync()
		return h, err
	}))
	return mux
}

// answering serves a question in JSON with an answer in JSON.
func answering[Q, A any](g *Gateway, answer func(Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuestion)).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a, err := answer(q)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(a); err != nil {
			g.log.Debug("an answer to a person was not taken", "error", err)
		}
	}
}

// errNotRunning tells that nobody answers at the control socket.
var errNotRunning = errors.New("the agent does not run, or another user's does")

// askControl puts a question to the running agent.
func askControl[A any](ctx context.Context, dir, path string, question any) (answer A, err error) {
	body, err := json.Marshal(question)
	if err != nil {
		return answer, fmt.Errorf("encode the question: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	resp, err := postTo(ctx, filepath.Join(dir, ControlSocket), path, body)
	if err != nil {
		return answer, fmt.Errorf("%w: %w", errNotRunning, err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return answer, notAnswered(resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the agent's answer: %w", err)
	}
	return answer, nil
}

// Listed is a block or an exemption as the commands tell it.
type Listed struct {
	Segment string       `json:"segment"`
	Target  block.Target `json:"target"`
	ID      block.ID     `json:"id"`
	Action  block.Action `json:"action"`
	Mode    block.Mode   `json:"mode"`
	Percent uint8        `json:"percent,omitempty"`
	Seconds int64        `json:"seconds_left"`
}

// Left is what is left of it, to the second.
func (l *Listed) Left() time.Duration { return time.Duration(l.Seconds) * time.Second }
