package shipping

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/quarantine"
)

// QuarantineOptions say where a host keeps what it could not parse, and who
// asks it to read that again. All but Sources, MaxBytes and
// Privacy are needed.
type QuarantineOptions struct {
	Dir      string
	MaxBytes int64
	Sources  []config.Source
	Trusted  func(netip.Addr) bool
	Privacy  config.Privacy
	To       ingest.Publisher
	Desk     quarantine.Desk
	Log      *slog.Logger
	Metrics  prometheus.Registerer
}

// Quarantine is the spool of a host and what reads it again.
type Quarantine struct {
	spool   *quarantine.Spool
	retrier *quarantine.Retrier
}

// OpenQuarantine opens the spool, and registers its counters. The caller runs
// it, and closes it after whoever keeps records in it has come to an end.
func OpenQuarantine(o QuarantineOptions) (*Quarantine, error) {
	_, sources, err := both(o.Sources, o.Trusted, o.Privacy)
	if err != nil {
		return nil, err
	}
	spool, err := openSpool(quarantine.Options{Dir: o.Dir, MaxBytes: o.MaxBytes, Log: o.Log})
	if err != nil {
		return nil, err
	}
	q := &Quarantine{spool: spool, retrier: quarantine.NewRetrier(quarantine.RetrierOptions{
		Spool: spool, Bus: o.To, Desk: o.Desk, Sources: sources, Log: o.Log,
	})}
	if err := o.Metrics.Register(newSpoolCollector(q)); err != nil {
		return nil, errors.Join(fmt.Errorf("register the metrics of the quarantine: %w", err), spool.Close())
	}
	return q, nil
}

// openSpool sets a damaged spool aside for a person to look at: it is no reason
// to refuse service.
func openSpool(o quarantine.Options) (*quarantine.Spool, error) {
	spool, err := quarantine.Open(o)
	if !errors.Is(err, quarantine.ErrDamaged) {
		return spool, err
	}
	aside := fmt.Sprintf("%s.damaged-%d", o.Dir, time.Now().Unix())
	o.Log.Error("the quarantine is begun anew; what was in it cannot be read again", "error", err, "kept_as", aside)
	if err := os.Rename(o.Dir, aside); err != nil {
		return nil, fmt.Errorf("set the damaged quarantine aside: %w", err)
	}
	return quarantine.Open(o)
}

// Keep implements ingest.Keeper.
func (q *Quarantine) Keep(b *event.Batch, raw ingest.Raw) { q.spool.Keep(b, raw) }

// Use replaces the parsers and masks, from the next retry on.
func (q *Quarantine) Use(o Options) error {
	_, logs, err := both(o.Sources, o.Trusted, o.Privacy)
	if err == nil {
		q.retrier.SetSources(logs)
	}
	return err
}

// Heard notes the number of the last retry that was asked for.
func (q *Quarantine) Heard(last uint64) { q.retrier.Heard(last) }

// Forget removes the records that are about somebody; see quarantine.Spool.
func (q *Quarantine) Forget(about func(raw []byte) bool) (found, left int, err error) {
	return q.spool.Forget(about)
}

// Run reads again what it is asked to until ctx ends.
func (q *Quarantine) Run(ctx context.Context) error { return q.retrier.Run(ctx) }

// Close closes the spool.
func (q *Quarantine) Close() error { return q.spool.Close() }
