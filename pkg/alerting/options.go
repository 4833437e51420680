package alerting

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Options of a Poster. The zero value of every field but Targets stands for
// the default named at the field.
type Options struct {
	// Targets are all the Alertmanagers; each one is sent everything, as the
	// members of an Alertmanager cluster expect. At least one.
	Targets []Target
	// Resend is the interval at which active alerts are posted again: 1 min.
	Resend time.Duration
	// Hold is how long an Alertmanager keeps an active alert that is not
	// posted again, so how long honeymoat may be away before its alerts
	// resolve by themselves: 5 min. More than three times Resend.
	Hold time.Duration
	// KeepResolved is how long the end of an alert is posted again: 15 min.
	KeepResolved time.Duration
	// Linger is how long an alert that ended while no Alertmanager could be
	// reached is shown as active once one can: 2 min. It has to exceed the
	// longest group_wait of a route that should hear of such alerts.
	Linger time.Duration
	// Timeout bounds one request: 10 s.
	Timeout time.Duration
	// BackoffMin and BackoffMax bound the pause after a failed request, which
	// doubles with each failure: 0.5 s and 30 s.
	BackoffMin, BackoffMax time.Duration
	// MaxAlerts bounds the table, active and resolved alerts together: 50,000.
	MaxAlerts int
}

func (o Options) withDefaults() Options {
	o.Resend = cmp.Or(o.Resend, time.Minute)
	o.Hold = cmp.Or(o.Hold, 5*time.Minute)
	o.KeepResolved = cmp.Or(o.KeepResolved, 15*time.Minute)
	o.Linger = cmp.Or(o.Linger, 2*time.Minute)
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.BackoffMin = cmp.Or(o.BackoffMin, 500*time.Millisecond)
	o.BackoffMax = cmp.Or(o.BackoffMax, 30*time.Second)
	o.MaxAlerts = cmp.Or(o.MaxAlerts, 50_000)
	return o
}

func (o Options) validate() error {
	if len(o.Targets) == 0 {
		return errors.New("no Alertmanager: give at least one URL, or use the embedded one")
	}
	for name, d := range map[string]time.Duration{
		"resend": o.Resend, "keep_resolved": o.KeepResolved, "linger": o.Linger,
		"timeout": o.Timeout, "backoff_min": o.BackoffMin, "backoff_max": o.BackoffMax,
	} {
		if d < 0 {
			return fmt.Errorf("%s is %v: it must be positive", name, d)
		}
	}
	if o.Hold <= 3*o.Resend {
		return fmt.Errorf("hold is %v and resend %v: hold must be more than three times resend, or alerts resolve when a single post is late", o.Hold, o.Resend)
	}
	if o.MaxAlerts < 1 {
		return fmt.Errorf("max_alerts is %d: it must be at least 1", o.MaxAlerts)
	}
	return nil
}
