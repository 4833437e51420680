// Package endtoend holds the tests of honeymoat as a whole: its real programs
// as child processes with real nginx in front of them, the real engine, bus
// and Alertmanager, and real receivers of mail and webhooks. Nothing is
// imitated but the application behind the gateways and the people in front.
//
// It has no code but tests. They look at the programs through what an operator
// has: the API, the metrics, the files, the signals.
package endtoend
