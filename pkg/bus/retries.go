package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// Retries keeps what hosts were asked to read again, and what became of it, in
// a checkpoint of its own. Reading needs Run. It is safe for concurrent use.
type Retries struct {
	bus    *Bus
	loaded chan struct{} // closed once the checkpoint has been read

	writing sync.Mutex // one Save at a time

	mu     sync.Mutex
	list   retryList
	notify func(last uint64)
}

// retryList is the checkpoint.
type retryList struct {
	Last uint64  `json:"last"` // number of the last retry that was ever asked for
	Kept []retry `json:"kept"` // the latest, lowest number first
}

type retry struct {
	block.RetryOrder
	At    time.Time                    `json:"at"`
	By    string                       `json:"by"`
	Hosts map[string]block.RetryResult `json:"hosts"` // zero = nothing told yet
}

const (
	retriesName = "retries"
	// maxRetries is how many retries are kept. An agent that is away for more
	// of them misses the oldest.
	maxRetries = 100
	// maxReasons and maxReason bound what an agent says about its failures.
	maxReasons = 64
	maxReason  = 128
)

func newRetries(b *Bus) *Retries {
	return &Retries{bus: b, loaded: make(chan struct{}), notify: func(uint64) {}}
}

// run reads the checkpoint.
func (r *Retries) run(ctx context.Context) error {
	for {
		data, err := r.bus.saved.Load(ctx, retriesName)
		if err == nil {
			r.mu.Lock()
			err = json.Unmarshal(data, &r.list)
			r.mu.Unlock()
			if err != nil {
				return fmt.Errorf("read retries: %w", err)
			}
		}
		if err == nil || errors.Is(err, respond.ErrNotFound) {
			close(r.loaded)
			return nil
		}
		if !sleep(ctx, time.Second) {
			return nil
		}
		r.bus.log.Warn("the retries cannot be read yet", "error", err)
	}
}

// Notify has fn called with the number of each retry that is asked for, for
// whoever is in this process. It is to be called before Run.
func (r *Retries) Notify(fn func(last uint64)) { r.notify = fn }

// last is the number of the last retry.
func (r *Retries) last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list.Last
}

// Ask has hosts read their quarantined records again. It wraps
// respond.ErrNotFound when there is no such agent.
func (r *Retries) Ask(ctx context.Context, by string, q block.RetryRequest) (block.Retry, error) {
	hosts, err := r.hosts(q)
	if err != nil {
		return block.Retry{}, fmt.Errorf("ask for a retry: %w", err)
	}
	asked := retry{RetryOrder: block.RetryOrder{Source: q.Source, Reason: q.Reason}, At: time.Now().UTC(), By: by, Hosts: hosts}
	err = r.change(ctx, func(l *retryList) {
		l.Last++
		asked.Number = l.Last
		l.Kept = append(l.Kept, asked)
		l.Kept = l.Kept[max(0, len(l.Kept)-maxRetries):]
	})
	if err != nil {
		return block.Retry{}, fmt.Errorf("ask for a retry: %w", err)
	}
	r.notify(asked.Number)
	return asked.told(), nil
}

// hosts are those that are asked, with nothing told yet.
func (r *Retries) hosts(q block.RetryRequest) (map[string]block.RetryResult, error) {
	hosts := map[string]block.RetryResult{}
	if q.All || q.Agent == "" {
		hosts[Local] = block.RetryResult{}
	}
	for _, m := range r.bus.registry.members() {
		if !m.Agent.Revoked && (q.All || q.Agent == m.Agent.Name) {
			hosts[m.Agent.Name] = block.RetryResult{}
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("agent %s: %w", q.Agent, respond.ErrNotFound)
	}
	return hosts, nil
}

// change saves the list as fn makes it, and then takes it over.
func (r *Retries) change(ctx context.Context, fn func(*retryList)) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	next := r.copied()
	fn(&next)
	data, err := json.Marshal(next)
	if err == nil {
		err = r.bus.saved.Save(ctx, retriesName, data)
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = next
	return nil
}

func (r *Retries) copied() retryList {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := retryList{Last: r.list.Last, Kept: slices.Clone(r.list.Kept)}
	for i := range l.Kept {
		l.Kept[i] = l.Kept[i].clone()
	}
	return l
}

// Get tells what became of a retry. It wraps respond.ErrNotFound when it is not
// known (any more).
func (r *Retries) Get(number uint64) (block.Retry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list.Kept {
		if r.list.Kept[i].Number == number {
			return r.list.Kept[i].told(), nil
		}
	}
	return block.Retry{}, fmt.Errorf("retry %d: %w", number, respond.ErrNotFound)
}

// Orders lists what a host was asked for above a number, lowest first.
func (r *Retries) Orders(host string, after uint64) []block.RetryOrder {
	r.mu.Lock()
	defer r.mu.Unlock()
	var orders []block.RetryOrder
	for i := range r.list.Kept {
		k := &r.list.Kept[i]
		if told, asked := k.Hosts[host]; asked && !told.Done && k.Number > after {
			orders = append(orders, k.RetryOrder)
		}
	}
	return orders
}

// Retried takes what a host tells about a retry. It returns when that is
// durable, if it is the end. What is not known (any more), or has had its end,
// is passed over.
func (r *Retries) Retried(ctx context.Context, host string, told block.RetryResult) error {
	told.Reasons = bounded(told.Reasons)
	note := func(l *retryList) {
		for i := range l.Kept {
			if known, asked := l.Kept[i].Hosts[host]; asked && !known.Done && l.Kept[i].Number == told.Number {
				l.Kept[i].Hosts[host] = told
			}
		}
	}
	if told.Done {
		if err := r.change(ctx, note); err != nil {
			return fmt.Errorf("note retry %d of %s: %w", told.Number, host, err)
		}
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	note(&r.list)
	return nil
}

// bounded keeps what an agent says from growing.
func bounded(reasons map[string]int) map[string]int {
	kept := map[string]int{}
	for reason, n := range reasons {
		if len(kept) < maxReasons {
			kept[strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")] += n
		}
	}
	return kept
}

func (k retry) clone() retry {
	k.Hosts = maps.Clone(k.Hosts)
	return k
}

func (k retry) told() block.Retry {
	w := block.Retry{Number: k.Number, Source: k.Source, Reason: k.Reason, At: k.At, By: k.By, Done: true}
	for host, told := range k.Hosts {
		w.Done = w.Done && told.Done
		w.Hosts = append(w.Hosts, block.HostRetryOf(host, told))
	}
	slices.SortFunc(w.Hosts, func(a, b block.HostRetry) int { return compareHosts(a.Host, b.Host) })
	return w
}

// compareHosts has the service first.
func compareHosts(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == Local || b != Local && a < b:
		return -1
	}
	return 1
}

// RetryDesk is where one host of this process gets its orders from.
type RetryDesk struct {
	retries *Retries
	host    string
}

// Desk gives the desk of a host.
func (r *Retries) Desk(host string) *RetryDesk { return &RetryDesk{r, host} }

// Orders waits until the retries are known.
func (d *RetryDesk) Orders(ctx context.Context, after uint64) ([]block.RetryOrder, error) {
	select {
	case <-d.retries.loaded:
		return d.retries.Orders(d.host, after), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Retried takes a result; see Retries.
func (d *RetryDesk) Retried(ctx context.Context, told block.RetryResult) error {
	return d.retries.Retried(ctx, d.host, told)
}

// ordersQuestion is what an agent asks.
type ordersQuestion struct {
	After uint64 `json:"after"`
}

// tellRetries answers an agent that asks what it is to read again.
func (b *Bus) tellRetries(_ context.Context, m *nats.Msg) {
	var q ordersQuestion
	if err := json.Unmarshal(m.Data, &q); err != nil {
		b.answerJSON(m, answerTo{Error: err.Error()})
		return
	}
	b.answerJSON(m, answerTo{Retries: b.retries.Orders(caller(m), q.After)})
}

// takeRetried takes an agent's result.
func (b *Bus) takeRetried(ctx context.Context, m *nats.Msg) {
	var told block.RetryResult
	err := json.Unmarshal(m.Data, &told)
	if err == nil {
		err = b.retries.Retried(ctx, caller(m), told)
	}
	if err != nil {
		b.log.Warn("the result of a retry could not be taken", "agent", caller(m), "error", err)
		b.answerJSON(m, answerTo{Error: err.Error()})
		return
	}
	b.answerJSON(m, answerTo{})
}

// Orders lists the retries above a number that this agent was asked for, lowest
// first.
func (a *Agent) Orders(ctx context.Context, after uint64) ([]block.RetryOrder, error) {
	answer, err := a.ask(ctx, "retries."+a.opts.Name, ordersQuestion{after})
	if err != nil {
		return nil, fmt.Errorf("ask for retries: %w", err)
	}
	return answer.Retries, nil
}

// Retried tells what became of a retry. It returns when the service has it.
func (a *Agent) Retried(ctx context.Context, told block.RetryResult) error {
	if _, err := a.ask(ctx, "retried."+a.opts.Name, told); err != nil {
		return fmt.Errorf("tell of retry %d: %w", told.Number, err)
	}
	return nil
}
