package wso2

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are what an adapter counts.
type counters struct {
	failures                       prometheus.Counter
	conditions, left, usersFailing prometheus.Gauge
}

func newCounters(r prometheus.Registerer) (*counters, error) {
	c := &counters{
		failures:   prometheus.NewCounter(prometheus.CounterOpts{Name: "honeymoat_wso2_failures_total", Help: "Times that WSO2 could not be brought in step."}),
		conditions: prometheus.NewGauge(prometheus.GaugeOpts{Name: "honeymoat_wso2_conditions", Help: "Deny conditions that WSO2 should hold."}),
		left:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "honeymoat_wso2_unsupported_blocks", Help: "Blocks on users that no line of users_file names."}),

		usersFailing: prometheus.NewGauge(prometheus.GaugeOpts{Name: "honeymoat_wso2_users_file_failing", Help: "1 while users_file cannot be read."}),
	}
	if r == nil {
		return c, nil
	}
	for _, m := range []prometheus.Collector{c.failures, c.conditions, c.left, c.usersFailing} {
		if err := r.Register(m); err != nil {
			return nil, fmt.Errorf("register the metrics of wso2: %w", err)
		}
	}
	return c, nil
}
