package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// backtest holds rules against history and answers with its progress, then
// with what was found. It ends when whoever asked has gone. One runs at a
// time: it takes all processors.
func (s *Server) backtest(x *exchange) error {
	r, err := decode[wire.BacktestRequest](x.Request)
	if err != nil {
		return err
	}
	if err := s.checkBacktest(&r); err != nil {
		return err
	}
	if !s.testing.TryLock() {
		return backtesting.with("")
	}
	// Whoever has the result may ask for the next one at once.
	unlock := sync.OnceFunc(s.testing.Unlock)
	defer unlock()
	if err := unhurried(x.Writer); err != nil {
		return err
	}
	x.stream = true
	ctx, cancel := context.WithCancelCause(x.Request.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.streams, func() { cancel(errStopping) })()
	out := newMessages(x.Writer, s.options.SlowReader, s.options.Now, cancel)
	result, err := s.options.Rules.Backtest(ctx, r, out.progress)
	unlock()
	if err == nil {
		out.send(wire.BacktestMessage{Result: &result})
		return nil
	}
	return s.backtestFailed(x, out, errors.Join(err, context.Cause(ctx)))
}

// backtestFailed answers with the problem: as any other, or, once something of
// the answer has been sent, as its last line.
func (s *Server) backtestFailed(x *exchange, out *messages, err error) error {
	err = ruleProblem(err)
	if !out.begun {
		return err
	}
	x.err = err
	problem := *problemOf(err)
	problem.Instance = "urn:honeymoat:request:" + x.id
	out.send(wire.BacktestMessage{Problem: &problem})
	return nil
}

// maxBlock bounds the block that a backtest tries.
const maxBlock = 365 * 24 * time.Hour

func (s *Server) checkBacktest(r *wire.BacktestRequest) error {
	now := s.options.Now()
	if r.Until.IsZero() {
		r.Until = now
	}
	var f faults
	f.check((r.Rule == "") != (strings.TrimSpace(r.YAML) == ""), "rule", "want either a loaded rule or one as text")
	f.check(len(r.Rule) <= maxRuleName, "rule", fmt.Sprintf("longer than %d bytes", maxRuleName))
	f.check(r.Since.Year() >= 1970, "since", "want a time as RFC 3339 writes it, such as 2026-03-01T12:00:00Z")
	f.check(r.Since.Before(r.Until), "until", "not after since")
	f.check(r.Until.Year() <= 2200, "until", "want a time before 2200")
	f.check(r.BlockSeconds >= 0 && r.BlockSeconds <= int64(maxBlock/time.Second), "block_seconds", "want 0 or up to a year")
	return f.err()
}

// progressEvery is how often progress is told.
const progressEvery = 200 * time.Millisecond

// messages writes the lines of a backtest's answer. It is used by one
// goroutine at a time.
type messages struct {
	writer  http.ResponseWriter
	control *http.ResponseController
	patient time.Duration
	now     func() time.Time
	cancel  context.CancelCauseFunc // ends the backtest
	begun   bool
	last    time.Time
}

func newMessages(w http.ResponseWriter, patience time.Duration, now func() time.Time, cancel context.CancelCauseFunc) *messages {
	return &messages{writer: w, control: http.NewResponseController(w), patient: patience, now: now, cancel: cancel}
}

func (m *messages) progress(rows, total int64) {
	if now := m.now(); !m.begun || now.Sub(m.last) >= progressEvery || rows == total {
		m.last = now
		m.send(wire.BacktestMessage{Progress: &wire.BacktestProgress{Rows: rows, Total: total}})
	}
}

// send writes a line. A reader who takes nothing ends the backtest.
func (m *messages) send(message wire.BacktestMessage) {
	if !m.begun {
		m.begun = true
		m.writer.Header().Set("Content-Type", "application/x-ndjson")
		m.writer.Header().Set("X-Accel-Buffering", "no") // proxies are to pass lines on at once
		m.writer.WriteHeader(http.StatusOK)
	}
	if err := m.write(message); err != nil {
		m.cancel(fmt.Errorf("write to who asked: %w", err))
	}
}

func (m *messages) write(message wire.BacktestMessage) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if err := m.control.SetWriteDeadline(time.Now().Add(m.patient)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := m.writer.Write(append(line, '\n')); err != nil {
		return err
	}
	return m.control.Flush()
}
