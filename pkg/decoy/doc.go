// Package decoy is the catalogue of decoys: paths that nobody has a reason to
// ask for, and what is answered when somebody does. It reads the catalogue
// from YAML, finds the decoy behind a request, and makes the finding of a
// touch, so that the agent, the access log and the decoy log tell of one touch
// with one identity.
//
// It imports finding, block and mistake from floor 0 and a YAML parser. It never
// listens, waits, logs, reads a clock or opens a file: bytes and times come in
// as arguments. An answer never holds anything that the request said.
package decoy
