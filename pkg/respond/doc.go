// Package respond decides what is done about findings: it adds a finding to
// its actor's evidence, sets the actor's tier, raises and resolves alerts, and
// asks for blocks. Its guard has the last word on every block, a person's
// too. It alone owns evidence, active alerts and the audit: in memory,
// checkpointed on the bus together with the position in the stream of events
// that they stand for, so that a restart works with the store down.
//
// It imports finding, block, decoy, privacy (for the form of its hashes) and
// rollout, and declares the interfaces of the
// adapters that it needs. It never talks to a database, a bus or Alertmanager
// itself.
package respond
