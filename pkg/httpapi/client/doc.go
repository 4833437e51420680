// Package client is the Go client of the REST API, for the command line: a
// token, a certificate authority of our own or the fingerprint of one, and
// problems as errors with a hint.
//
// It imports net/http, floors 0 and 1 and the shapes in wire. It never retries
// by itself, keeps nothing on disk, and logs nothing.
package client
