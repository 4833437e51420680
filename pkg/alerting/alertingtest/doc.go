// Package alertingtest has what tests of alerting need around Alertmanager:
// receivers that keep what they are sent, the example configuration of
// deploy/alertmanager pointed at them, and a server of its own to compare the
// embedded Alertmanager with.
//
// Only tests import it. It never waits without a deadline, and fails the test
// that it serves instead of returning errors.
package alertingtest
