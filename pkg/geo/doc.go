// Package geo tells the country and the network of an address, by databases in
// MaxMind's format that the operator supplies. They are read into memory, so
// that a file which is replaced or cut meanwhile breaks nothing.
//
// It may import the reader of that format. It never fetches a database, and
// never takes an address for anything but where its block of addresses is
// registered or announced.
package geo
