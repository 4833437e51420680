// Package gateway assembles honeymoat-agent from its parts: it enrols the
// agent with the service, gives each part its own options out of the
// configuration, connects them, runs them until it is told to stop, and
// reloads allowlists and decoys.
//
// It imports everything below it that an agent needs: never the store, the
// alerting or the bus's server. It contains no decision about requests.
package gateway
