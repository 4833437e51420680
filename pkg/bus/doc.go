// Package bus keeps honeymoat's state in motion on NATS JetStream: the stream
// of log lines, the rows for the store, the dead letters, the checkpoints, the
// lease, the registry of agents and the blocklist, with its deltas, snapshots
// and heartbeats. The service uses Connect, an agent uses NewAgent; it does not
// matter whether the server is in the process, or a cluster.
//
// It implements interfaces that ingest and respond declare, and imports the
// floors up to theirs. It is the only package that imports nats.go, and never
// imports the server. It never decides what is blocked, and never looks into a
// batch beyond whose it is.
package bus
