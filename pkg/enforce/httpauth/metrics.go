package httpauth

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// results counts the answers.
type results struct {
	pass, deny, divert, unknown, foreign prometheus.Counter
}

func newResults(r prometheus.Registerer) (*results, error) {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "honeymoat_httpauth_requests_total",
		Help: "Requests that a gateway asked about, by answer: unknown had no client address that could be read, foreign came from another host.",
	}, []string{"answer"})
	if r != nil {
		if err := r.Register(vec); err != nil {
			return nil, fmt.Errorf("register the metrics of httpauth: %w", err)
		}
	}
	of := vec.WithLabelValues
	return &results{of("pass"), of("deny"), of("divert"), of("unknown"), of("foreign")}, nil
}
