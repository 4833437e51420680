package front

import (
	"strconv"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// A session that a client names by session_id is kept this long after its
// last use, and there are never more of them than this.
const (
	sessionIdle = time.Minute
	maxSessions = 64
)

// withSession runs fn on a session that has the request's database, settings
// and rights: a new one, which ends with the request, or the one that the
// service account names by session_id.
func (f *Front) withSession(who role, opts options, readonly bool, fn func(*libchdb.Conn) error) error {
	if opts.session == "" || who == roleViewer {
		conn, err := f.open()
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := f.setUp(conn, who, opts, readonly); err != nil {
			return err
		}
		return fn(conn)
	}
	return f.sessions.with(opts, f.open, func(conn *libchdb.Conn) error {
		if err := f.setUp(conn, who, opts, false); err != nil {
			return err
		}
		return fn(conn)
	})
}

// setUp gives a session what the request asks for and no more than the account
// may have. Order matters: rights are dropped last, and cannot be regained,
// because the gate lets no viewer's statement change a session.
func (f *Front) setUp(conn *libchdb.Conn, who role, opts options, readonly bool) error {
	settings, database := opts.settings, opts.database
	if who == roleViewer {
		allowed, err := viewerAllowed(settings)
		if err != nil {
			return err
		}
		settings = append(allowed, f.viewerLimits(opts)...)
		database = first(database, f.cfg.Database)
	}
	settings = append(settings, setting{"log_comment", opts.queryID})
	if readonly && who == roleService {
		settings = append(settings, setting{"readonly", "2"})
	}
	if database != "" {
		if err := conn.Exec("USE " + quoteName(database)); err != nil {
			return err
		}
	}
	if err := conn.Exec(setStatement(settings)); err != nil {
		return err
	}
	if who == roleViewer {
		return dropRights(conn)
	}
	return nil
}

// dropRights leaves the session with the viewer's grants, unable to change a
// setting again.
func dropRights(conn *libchdb.Conn) error {
	if err := conn.Exec("SET ROLE " + ViewerRole); err != nil {
		return err
	}
	return conn.Exec("SET readonly = 1")
}

// viewerLimits bounds what a viewer's query may take; a client may ask for
// less time, not for more.
func (f *Front) viewerLimits(opts options) []setting {
	limit := f.cfg.MaxTime.Seconds()
	for _, s := range opts.settings {
		if s.name != "max_execution_time" {
			continue
		}
		if asked, err := strconv.ParseFloat(s.value, 64); err == nil && asked > 0 && asked < limit {
			limit = asked
		}
	}
	return []setting{
		{"max_execution_time", strconv.FormatFloat(limit, 'f', -1, 64)},
		{"allow_introspection_functions", "0"},
		{"allow_ddl", "0"},
	}
}

// sessions are those that clients named. Idle ones end when the next request
// comes by.
type sessions struct {
	mu    sync.Mutex
	named map[string]*session
}

type session struct {
	conn *libchdb.Conn
	busy bool
	used time.Time
}

func newSessions() *sessions { return &sessions{named: map[string]*session{}} }

// with runs fn on the named session, which it makes if need be.
func (s *sessions) with(opts options, open Opener, fn func(*libchdb.Conn) error) error {
	held, err := s.take(opts, open)
	if err != nil {
		return err
	}
	defer s.release(held)
	return fn(held.conn)
}

func (s *sessions) take(opts options, open Opener) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(time.Now())
	held, found := s.named[opts.session]
	switch {
	case found && held.busy:
		return nil, refuse(codeSessionLocked, "SESSION_IS_LOCKED", "Session %s is locked by a concurrent client", opts.session)
	case !found && truthy(opts.sessionCheck):
		return nil, refuse(codeSessionNotFound, "SESSION_NOT_FOUND", "Session %s not found", opts.session)
	case !found && len(s.named) >= maxSessions:
		return nil, refuse(codeBadArguments, "BAD_ARGUMENTS", "There are %d sessions already, the most that may be", maxSessions)
	case !found:
		conn, err := open()
		if err != nil {
			return nil, err
		}
		held = &session{conn: conn}
		s.named[opts.session] = held
	}
	held.busy = true
	return held, nil
}

func (s *sessions) release(held *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held.busy, held.used = false, time.Now()
}

func (s *sessions) expire(now time.Time) {
	for name, held := range s.named {
		if !held.busy && now.Sub(held.used) > sessionIdle {
			held.conn.Close()
			delete(s.named, name)
		}
	}
}

func (s *sessions) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, held := range s.named {
		held.conn.Close()
		delete(s.named, name)
	}
}
