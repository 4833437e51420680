// Package ingest carries logs from where they are written to the bus: source →
// parse → publish → commit the position. A position moves only after the bus
// has acknowledged what lies before it.
//
// It imports event and accesslog and declares the interfaces of what it needs.
// It never opens a file, talks to a bus or looks for findings itself.
package ingest
