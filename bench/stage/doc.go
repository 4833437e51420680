// Package stage sets real programs on a stage: the service, agents, nginx
// gateways and a backend, as child processes on loopback in a directory of
// their own. The demo, the measurements and the end-to-end tests play on it.
//
// It imports the API's client and the standard library. It never reaches into
// the programs: it sees what an operator sees.
package stage
