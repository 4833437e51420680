package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

// worker tells one endpoint.
type worker struct {
	hook    Hook
	options *Options
	client  *http.Client
	metrics *metrics
	log     *slog.Logger
}

func newWorker(h *Hook, o *Options, m *metrics) *worker {
	return &worker{hook: *h, options: o, client: o.client(h), metrics: m, log: o.Log.With("webhook", h.Name)}
}

func (w *worker) checkpoint() string { return "webhook." + w.hook.Name }

// run tells what changes, in order, until ctx ends.
func (w *worker) run(ctx context.Context) {
	at, ok := w.load(ctx)
	for ok {
		changed := w.options.Feed.Changed()
		changes, end := w.next(at)
		if len(changes) == 0 {
			at = end
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
			continue
		}
		for len(changes) > 0 && ok {
			n := min(len(changes), w.hook.Batch)
			if ok = w.deliver(ctx, deliveryOf(w.hook.Name, changes[:n])); ok {
				at = changes[n-1].after
				w.save(ctx, at)
			}
			changes = changes[n:]
		}
	}
}

// overlap is how much further back than its position a worker looks for blocks
// that ended when it begins: the clock of the host before may have been ahead.
const overlap = time.Minute

// load gives the position of a run before. An endpoint that is new hears of
// what changes from now on. ok is false when ctx has ended.
func (w *worker) load(ctx context.Context) (at position, ok bool) {
	ok = w.patiently(ctx, "load the position", func(ctx context.Context) error {
		data, err := w.options.Checkpoints.Load(ctx, w.checkpoint())
		if errors.Is(err, respond.ErrNotFound) {
			_, next, _ := w.options.Feed.Since(0)
			at = position{next, w.options.Now()}
			return w.store(ctx, at)
		}
		if err == nil {
			err = json.Unmarshal(data, &at)
			at.At = at.At.Add(-overlap)
		}
		return err
	})
	return at, ok
}

func (w *worker) store(ctx context.Context, at position) error {
	data, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return w.options.Checkpoints.Save(ctx, w.checkpoint(), data)
}

// save keeps the position. If that fails, what was told is told again after a
// restart.
func (w *worker) save(ctx context.Context, at position) {
	if err := w.store(ctx, at); err != nil && ctx.Err() == nil {
		w.log.Warn("how far a webhook was told could not be kept; after a restart it is told again", "error", err)
	}
}

// deliver sends until it is taken; false when ctx has ended before.
func (w *worker) deliver(ctx context.Context, d Delivery) bool {
	body, err := json.Marshal(d)
	if err != nil {
		w.log.Error("a delivery cannot be written", "id", d.ID, "error", err)
		return true // it never can be
	}
	return w.patiently(ctx, "deliver", func(ctx context.Context) error {
		err := w.send(ctx, d.ID, body)
		if ctx.Err() == nil {
			w.metrics.told(w.hook.Name, err)
		}
		return err
	})
}

// patiently tries until it works; false when ctx has ended before. It tells of
// the first failure and of the end of them.
func (w *worker) patiently(ctx context.Context, what string, try func(context.Context) error) bool {
	pause := w.options.Pause
	for failures := 0; ; failures++ {
		err := try(ctx)
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil && failures > 0:
			w.log.Info("a webhook works again", "failures", failures)
			return true
		case err == nil:
			return true
		case failures == 0:
			w.log.Warn("a webhook does not work; it is tried again and again", "what", what, "error", err)
		}
		wait := pause
		if refused := new(statusError); errors.As(err, &refused) {
			wait = max(wait, refused.after)
		}
		if !sleep(ctx, wait/2+rand.N(wait/2+1)) {
			return false
		}
		pause = min(2*pause, w.options.LongestPause)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// send is one attempt.
func (w *worker) send(ctx context.Context, id string, body []byte) error {
	secrets, err := w.secrets()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.hook.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.hook.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call the webhook %s: %w", w.hook.Name, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "honeymoat")
	r.Header.Set("X-Honeymoat-Delivery", id)
	r.Header.Set(Header, sign(body, secrets, w.options.Now()))
	resp, err := w.client.Do(r)
	if failed := new(url.Error); errors.As(err, &failed) {
		err = failed.Err // without the URL, which may hold a key
	}
	if err != nil {
		return fmt.Errorf("call the webhook %s: %w", w.hook.Name, err)
	}
	defer func() { _ = resp.Body.Close() }()                         // nothing in it is needed
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // so that the connection can be used again
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return &statusError{w.hook.Name, resp.Status, retryAfter(resp.Header.Get("Retry-After"))}
}

const (
	maxAnswer    = 64 << 10 // bytes of an answer that are read
	longestAfter = time.Hour
	maxSecret    = 16 << 10 // bytes of a file with secrets
)

// statusError is an answer that does not take a delivery.
type statusError struct {
	hook, status string
	after        time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the webhook %s answered %s: only 2xx takes a delivery", e.hook, e.status)
}

// retryAfter is how long an endpoint wants to be left alone.
func retryAfter(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, 1<<20))*time.Second, longestAfter)
}

// secrets reads what deliveries are signed with.
func (w *worker) secrets() ([]string, error) {
	in, err := os.Open(w.hook.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("read the webhook's secret: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return nil, fmt.Errorf("read the webhook's secret: %w", err)
	}
	secrets := strings.Fields(string(text))
	if len(secrets) == 0 {
		return nil, fmt.Errorf("read the webhook's secret: %s is empty; put some 32 random characters there", w.hook.SecretFile)
	}
	return secrets, nil
}
