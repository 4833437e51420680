// Package erase removes a data subject, a person or program, from everything
// that honeymoat keeps, and proves it: each place is searched, cleaned, and
// searched again.
//
// It imports event and finding, and declares the interface of a place. It
// never talks to a place itself, and never keeps what was erased: not in a
// report either.
package erase
