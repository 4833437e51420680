// Package front serves ClickHouse's HTTP interface over libchdb: what a
// driver, curl or Grafana says to a ClickHouse server, it can say here.
//
// Two accounts exist. The service account may do anything inside the product's
// database. The viewer may read it, and nothing else: the engine's own grants
// say so (role, readonly mode), the engine's own parser is asked what a
// statement is before it runs, and what grants do not cover is refused by the
// shape of the parsed statement. Every request has a session of its own, so
// that no setting, role or temporary table survives it, unless it names a
// session_id.
//
// It may import package libchdb and the driver's wire format, and knows
// nothing of processes, files or supervision.
package front
