// Package alerting tells Alertmanager what respond wants people to know. Its
// Poster keeps every active alert in a bounded table and posts the table, over
// Alertmanager's v2 API, to each Alertmanager it was given: at once when
// something changes, again on a timer so that nothing active resolves by
// itself, and for a while after the end so that a lost answer is healed. An
// Alertmanager that is away costs no alert: it is told everything when it is
// back.
//
// It imports respond for the alert it is handed, and Alertmanager's client. It
// never groups, routes or silences (that is Alertmanager's work, in-process by
// way of the package embedded, or elsewhere), and never decides what is worth
// an alert (that is respond's).
package alerting
