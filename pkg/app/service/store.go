package service

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/store"
	engine "github.com/honeymoat/honeymoat/pkg/store/embedded"
)

// A store that could not be set up is tried again, at first soon: it starts
// beside us. Nothing waits for it but analysts.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// startStore starts the embedded engine, unless a server is configured, and
// what keeps the schema and the tables up to date. A store that is away or
// broken shows in readiness and stops nothing else.
func (s *Service) startStore(l *lifecycle) error {
	opts, err := storeOptions(s.config.Store, s.dir)
	if err != nil {
		return err
	}
	opts.Software, opts.Logger, opts.Metrics = s.opts.Version, s.log.With("part", "store"), s.metrics
	if s.store, err = store.Open(opts); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	l.push("store", s.store.Close)
	lines, records := s.bus.Lines("store"), s.bus.Records("store")
	s.writer, err = s.store.NewWriter(store.WriterOptions{
		Lines: storedLines{lines, s.prepare}, Records: recordLines{records}, Checkpoints: checkpoints{s.bus.Checkpoints()},
		DeadLines: lines.Bury, DeadRecords: records.Bury,
	})
	if err != nil {
		return err
	}
	if s.config.Store.URL == "" {
		engineOpts, err := engineOptions(s.config.Store, s.dir, s.opts.EngineCommand)
		if err != nil {
			return err
		}
		l.start("engine", func(ctx context.Context) error { return s.runEngine(ctx, engineOpts) })
	}
	l.start("store writer", s.runWriter)
	return nil
}

// runEngine keeps the engine running. One that cannot start (its library is
// missing, say) is told about once and tried again.
func (s *Service) runEngine(ctx context.Context, opts engine.Options) error {
	return s.persist(ctx, "engine", func(ctx context.Context) error {
		s.health.engine.Store(nil)
		err := engine.New(opts, s.log.With("part", "engine")).Run(ctx)
		if err != nil {
			s.health.engine.Store(&err)
		}
		return err
	})
}

// runWriter sets up the schema and then writes.
func (s *Service) runWriter(ctx context.Context) error {
	err := s.persist(ctx, "store", func(ctx context.Context) error {
		if err := s.store.Ping(ctx); err != nil {
			return err
		}
		if _, err := s.store.Migrate(ctx); err != nil {
			return err
		}
		return s.store.Retain(ctx, retention(s.config.Store.RetentionDays))
	})
	if err != nil || ctx.Err() != nil {
		return err
	}
	s.storeReady.Store(true)
	return s.writer.Run(ctx)
}

// persist runs fn until it succeeds or ctx ends. A failure is logged when it
// lasts, and again when it is another one.
func (s *Service) persist(ctx context.Context, what string, fn func(context.Context) error) error {
	told := ""
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		err := fn(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if wait > time.Second && err.Error() != told {
			told = err.Error()
			s.log.Error(what+" is not available, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// OpenStore opens the configured store for a command: a server, or the
// embedded engine, through the running service or by starting it.
func OpenStore(ctx context.Context, cfg config.Service, command []string, log *slog.Logger) (*store.Store, func(), error) {
	d, err := OpenDataDir(cfg.DataDir)
	if err != nil {
		return nil, nil, err
	}
	opts, err := storeOptions(cfg.Store, d)
	if err != nil {
		return nil, nil, err
	}
	opts.Logger = log
	s, err := store.Open(opts)
	if err != nil {
		return nil, nil, err
	}
	l := newLifecycle(log)
	l.push("store", s.Close)
	stop := func() {
		if err := l.stop(); err != nil {
			log.Warn("close the store", "error", err)
		}
	}
	if cfg.Store.URL != "" || s.Ping(ctx) == nil {
		return s, stop, nil
	}
	engineOpts, err := engineOptions(cfg.Store, d, command)
	if err == nil {
		e := engine.New(engineOpts, log)
		l.start("engine", e.Run)
		err = e.Ready(ctx)
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	return s, stop, nil
}

// retention keeps counts and records longer than events, which are far larger.
func retention(days int) store.Retention {
	return store.Retention{Events: days, Traffic: 12 * days, Records: 12 * days, Agents: days}
}

func engineOptions(cfg config.Store, d DataDir, command []string) (engine.Options, error) {
	service, err := d.Secret("store.password")
	if err != nil {
		return engine.Options{}, err
	}
	viewer, err := d.Secret("viewer.password")
	if err != nil {
		return engine.Options{}, err
	}
	return engine.Options{
		Command: command, Library: cfg.Engine.Library, DataDir: d.StoreDir(), Listen: cfg.Engine.Listen,
		Database: store.DefaultDatabase, ServicePassword: service, ViewerPassword: viewer,
		MaxMemoryBytes: int64(cfg.Engine.MaxMemory),
	}, nil
}

func storeOptions(cfg config.Store, d DataDir) (store.Options, error) {
	if cfg.URL == "" {
		password, err := d.Secret("store.password")
		return store.Options{Addresses: []string{cfg.Engine.Listen}, User: engine.ServiceUser, Password: password}, err
	}
	scheme, hosts, database, ok := cutStoreURL(cfg.URL)
	if !ok {
		return store.Options{}, errors.New("store.url: want http://HOST:PORT/DATABASE or https://…, several hosts with commas between them (user and password have keys of their own)")
	}
	opts := store.Options{Addresses: hosts, User: cfg.User, Database: database, Cluster: cfg.Cluster}
	if scheme == "https" {
		opts.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if cfg.PasswordFile != "" {
		password, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return store.Options{}, fmt.Errorf("store.password_file: %w", err)
		}
		opts.Password = strings.TrimRight(string(password), "\r\n")
	}
	return opts, nil
}

// cutStoreURL takes a URL apart that may have several hosts, each with a port
// of its own, which url.Parse does not know.
func cutStoreURL(text string) (scheme string, hosts []string, database string, ok bool) {
	scheme, rest, _ := strings.Cut(text, "://")
	authority, database, _ := strings.Cut(rest, "/")
	if scheme != "http" && scheme != "https" || strings.ContainsAny(database, "?#") {
		return "", nil, "", false
	}
	hosts = strings.Split(authority, ",")
	for _, host := range hosts {
		if u, err := url.Parse(scheme + "://" + host); err != nil || host == "" || u.Host != host {
			return "", nil, "", false
		}
	}
	return scheme, hosts, strings.Trim(database, "/"), true
}

// The store reads its two streams, and keeps its progress, on the bus.

type recordLines struct{ records *bus.Records }

func (s recordLines) Consume(ctx context.Context, after uint64, fn func(uint64, store.Record) error) error {
	return s.records.Consume(ctx, after, func(seq uint64, table, id string, rows []byte) error {
		return fn(seq, store.Record{Table: table, ID: id, Rows: rows})
	})
}

type checkpoints struct{ respond.Checkpoints }

func (c checkpoints) Load(ctx context.Context, name string) ([]byte, bool, error) {
	data, err := c.Checkpoints.Load(ctx, name)
	if errors.Is(err, respond.ErrNotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}
