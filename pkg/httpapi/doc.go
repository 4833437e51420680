// Package httpapi is the HTTP front of the service: the REST API for people
// and programs, the stream and the reports of agents that do not use the bus,
// metrics, health, and the place where Alertmanager's own API is mounted.
//
// It owns gin. It imports floors 0 to 2, declares in ports.go what it needs
// from respond and from the adapters beside it, and never decides anything
// itself: it says who asks, checks that the question is well put, and passes
// it on.
package httpapi
