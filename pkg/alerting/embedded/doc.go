// Package embedded runs an Alertmanager inside this process, on the same
// alertmanager.yml as a server of its own: routing, grouping, inhibition,
// silences, receivers and templates are Alertmanager's packages, wired
// together here. It opens no port: alerts come in, and silences are managed,
// through an http.Handler or an http.RoundTripper.
//
// It imports Alertmanager's packages and nothing of honeymoat. It never
// clusters (for that, run Alertmanager by itself and give alerting its URL),
// and keeps silences and the notification log, but not alerts, over a restart:
// whoever posts alerts posts them again.
package embedded
