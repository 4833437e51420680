package store

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/prometheus/client_golang/prometheus"
)

// DefaultDatabase is the database unless Options name another one.
const DefaultDatabase = "honeymoat"

// Options say where the store is and how it is used.
type Options struct {
	// Addresses are host:port of ClickHouse's HTTP interface; several are
	// tried in turn.
	Addresses []string
	User      string
	Password  string
	Database  string      // default: DefaultDatabase
	TLS       *tls.Config // nil: plain HTTP
	// Cluster names the cluster of the server's configuration whose nodes hold
	// the tables; empty: one node.
	Cluster string

	// QueryTimeout bounds a query of a reader; default 30 s.
	QueryTimeout time.Duration
	// InsertTimeout bounds an attempt of an insert; default 2 min.
	InsertTimeout time.Duration

	// Software is written beside each migration that is applied.
	Software string

	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: none are registered
}

func (o *Options) complete() error {
	if len(o.Addresses) == 0 {
		return errors.New("store: no address: want host:port of ClickHouse's HTTP interface")
	}
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	if !block.ValidName(o.Database) {
		return fmt.Errorf("store: database %q: %w", o.Database, block.ErrName)
	}
	if o.Cluster != "" && !block.ValidName(o.Cluster) {
		return fmt.Errorf("store: cluster %q: %w", o.Cluster, block.ErrName)
	}
	if o.QueryTimeout <= 0 {
		o.QueryTimeout = 30 * time.Second
	}
	if o.InsertTimeout <= 0 {
		o.InsertTimeout = 2 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	return nil
}

// driver are the options of the driver. Connections start in the server's
// default database, so that ours may be created, and each query names ours.
func (o *Options) driver(database string) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:        clickhouse.HTTP,
		Addr:            o.Addresses,
		Auth:            clickhouse.Auth{Database: database, Username: o.User, Password: o.Password},
		TLS:             o.TLS,
		DialTimeout:     5 * time.Second,
		ReadTimeout:     o.InsertTimeout,
		MaxOpenConns:    16,
		MaxIdleConns:    4,
		ConnMaxLifetime: 10 * time.Minute,
		ClientInfo: clickhouse.ClientInfo{Products: []struct{ Name, Version string }{
			{Name: "honeymoat", Version: o.Software},
		}},
	}
}
