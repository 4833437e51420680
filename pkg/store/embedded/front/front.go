package front

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// Roles that the engine's configuration grants, by the names that sessions
// take on; see package embedded, which writes that configuration.
const (
	ServiceRole = "honeymoat_service"
	ViewerRole  = "honeymoat_viewer"
)

// Config is what a Front needs to know.
type Config struct {
	Service  Account
	Viewer   Account
	Database string        // the one database that the viewer sees
	MaxTime  time.Duration // the longest a viewer's query may run
	MaxBody  int64         // bytes; the largest statement that is not an INSERT
}

// Opener opens a session of the engine.
type Opener func() (*libchdb.Conn, error)

// Front is an http.Handler. It is safe for concurrent use; Close ends the
// sessions that requests left open by a session_id.
type Front struct {
	cfg      Config
	open     Opener
	log      *slog.Logger
	control  control
	sessions *sessions
	active   sync.WaitGroup // requests under way
	version  string
	timezone string
	revision uint64
	hostname string
}

// New asks the engine for what every answer carries, and returns the front.
func New(cfg Config, open Opener, log *slog.Logger) (*Front, error) {
	conn, err := open()
	if err != nil {
		return nil, fmt.Errorf("open front: %w", err)
	}
	f := &Front{cfg: cfg, open: open, log: log, control: control{conn: conn}, sessions: newSessions()}
	if f.hostname, err = os.Hostname(); err != nil {
		f.hostname = "localhost"
	}
	if err := f.identify(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("open front: %w", err)
	}
	return f, nil
}

func (f *Front) identify(conn *libchdb.Conn) error {
	r, err := conn.Query("SELECT version(), timezone(), revision()", "TabSeparated")
	if err != nil {
		return err
	}
	defer r.Free()
	_, err = fmt.Sscan(string(r.Bytes()), &f.version, &f.timezone, &f.revision)
	return err
}

// Close waits for the requests under way and ends the sessions that are left.
// No request may begin any more.
func (f *Front) Close() {
	f.active.Wait()
	f.sessions.closeAll()
	f.control.conn.Close()
}

// ServeHTTP answers /ping, /replicas_status and queries on /.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.active.Add(1)
	defer f.active.Done()
	w.Header().Set("X-ClickHouse-Server-Display-Name", f.hostname)
	switch r.URL.Path {
	case "/ping", "/replicas_status":
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		_, _ = w.Write([]byte("Ok.\n"))
	case "/":
		f.serveQuery(w, r)
	default:
		http.Error(w, "There is no handle "+r.URL.Path+"\n\nUse / or /ping for health checks.\n"+
			"Send queries from your program with POST method or GET /?query=...\n", http.StatusNotFound)
	}
}

// serveQuery answers a statement, or greets as the server does when a
// client sends none.
func (f *Front) serveQuery(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && len(r.URL.RawQuery) == 0 && r.Header.Get("Authorization") == "" {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		_, _ = w.Write([]byte("Ok.\n"))
		return
	}
	out := newOutput(w, r, f)
	if err := f.handle(out, r); err != nil {
		f.report(out, r, err)
	}
	if err := out.close(); err != nil {
		f.log.DebugContext(r.Context(), "client went away", "error", err)
	}
}

// report writes an error where the client can see it: as the answer, or at the
// end of one that has begun.
func (f *Front) report(out *output, r *http.Request, err error) {
	code, text := describe(err, f.version)
	if !isEngineError(err) {
		f.log.WarnContext(r.Context(), "request failed", "error", err, "query_id", out.queryID)
	}
	out.fail(code, text)
}

// handle runs the statement of one request.
func (f *Front) handle(out *output, r *http.Request) error {
	who, err := f.authenticate(r)
	if err != nil {
		return err
	}
	opts, err := parseOptions(r)
	if err != nil {
		return err
	}
	if opts.queryID == "" {
		opts.queryID = newQueryID()
	}
	out.prepare(opts)
	body, err := newBody(r, opts)
	if err != nil {
		return err
	}
	defer body.Close()
	text, err := f.statementText(opts, body)
	if err != nil {
		return err
	}
	return f.withSession(who, opts, r.Method != http.MethodPost, func(conn *libchdb.Conn) error {
		stop := f.control.killWhenDone(r.Context(), opts.queryID)
		defer stop()
		return f.run(r.Context(), who, conn, text, opts, body, out)
	})
}

// run judges and executes one statement.
func (f *Front) run(ctx context.Context, who role, conn *libchdb.Conn, text string, opts options, body *body, out *output) error {
	if who == roleViewer {
		if err := f.gate(text, opts.params); err != nil {
			return err
		}
	}
	st := parseStatement(text)
	if st.insert {
		return insert(conn, st, opts, body, out)
	}
	if err := body.expectEnd(); err != nil {
		return err
	}
	if err := admit(conn, st); err != nil {
		return err
	}
	return query(ctx, conn, st, opts, out)
}

// admit refuses what a server does not do for clients over HTTP: several
// statements at once, and files on its own disk (INTO OUTFILE, FROM INFILE).
func admit(conn *libchdb.Conn, st statement) error {
	a, err := conn.Classify(st.text)
	if err != nil {
		return err
	}
	if a.Statements > 1 {
		return refuse(codeSyntaxError, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
	}
	if st.infile || st.reads && a.Class == libchdb.Control {
		return refuse(codeNotImplemented, "NOT_IMPLEMENTED", "INTO OUTFILE and FROM INFILE are not allowed: files are the client's business")
	}
	return nil
}

func newQueryID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// control is the front's own session, by which it ends queries whose client
// has gone.
type control struct {
	mu   sync.Mutex
	conn *libchdb.Conn
}

// killWhenDone kills the query with that id if ctx ends before stop is called.
// It returns once a kill that has begun is done.
func (c *control) killWhenDone(ctx context.Context, queryID string) (stop func()) {
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = c.conn.Exec("KILL QUERY WHERE Settings['log_comment'] = {id:String} ASYNC",
			libchdb.Param{Name: "id", Value: queryID})
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}
