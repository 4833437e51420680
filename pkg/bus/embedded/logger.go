package embedded

import (
	"fmt"
	"log/slog"
)

// logger passes the server's messages to slog, and the first fatal one to
// whoever runs the server: the server only logs it and stays half alive.
type logger struct {
	log   *slog.Logger
	fatal chan error // capacity 1
}

// Noticef is what the server says in ordinary life: detail for honeymoat.
func (l *logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Warnf logs a warning.
func (l *logger) Warnf(format string, v ...any) { l.log.Warn(fmt.Sprintf(format, v...)) }

// Errorf logs an error.
func (l *logger) Errorf(format string, v ...any) { l.log.Error(fmt.Sprintf(format, v...)) }

// Debugf is switched off in the server.
func (l *logger) Debugf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Tracef is switched off in the server.
func (l *logger) Tracef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Fatalf keeps the first reason for Run.
func (l *logger) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Errorf(format, v...):
	default:
	}
}
