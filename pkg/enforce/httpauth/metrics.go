package httpauth

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// results counts the answers.
type results struct {
	pass, flag, deny, drop, throttle, divert, unknown, foreign prometheus.Counter
}

// newResults makes the counters of one way of asking. All ways share a metric.
func newResults(r prometheus.Registerer, way string) (*results, error) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "honeymoat_httpauth_requests_total",
		Help: "Requests that a gateway asked about, by way of asking and answer: unknown had no client address that could be read, foreign came from a peer that may not ask.",
	}, []string{"way", "answer"})
	if r != nil {
		err := r.Register(vec)
		var there prometheus.AlreadyRegisteredError
		if errors.As(err, &there) {
			vec, _ = there.ExistingCollector.(*prometheus.CounterVec)
		} else if err != nil {
			return nil, fmt.Errorf("register the metrics of httpauth: %w", err)
		}
	}
	of := func(answer string) prometheus.Counter { return vec.WithLabelValues(way, answer) }
	return &results{
		of("pass"), of("flag"), of("deny"), of("drop"), of("throttle"), of("divert"), of("unknown"), of("foreign"),
	}, nil
}

// count takes note of a verdict.
func (r *results) count(v *block.Verdict) {
	switch {
	case !v.Refused && v.Flagged():
		r.flag.Inc()
	case !v.Refused:
		r.pass.Inc()
	case v.Action == block.Divert:
		r.divert.Inc()
	case v.Action == block.Drop:
		r.drop.Inc()
	case v.Action == block.Throttle:
		r.throttle.Inc()
	default:
		r.deny.Inc()
	}
}
