// Package quarantine keeps the raw bytes of records that could not be parsed,
// on the host that read them, and reads them again when it is asked to: with
// the parser that holds by then.
//
// The spool is bounded, the oldest bytes go first, and it survives a kill at
// any moment. A record that parses the second time is published once, whatever
// is killed meanwhile, with the identity and the line number that it has
// always had; then it leaves the spool. What still fails stays.
//
// The package may import event, accesslog, block and ingest. It declares what
// it needs of the service as Desk, never talks to a bus or a front itself, and
// never lets raw bytes leave their host but parsed.
package quarantine
