// Package webhook tells others of changes to the blocks, by HTTP: in order, in
// batches, signed, and at least once. What has been told is kept on the bus, so
// a restart forgets nothing; an endpoint that is away holds no memory, and
// hears what it missed when it is back.
//
// It may import block, respond's ports, httpapi/wire, a metrics registry and
// net/http. It never makes or removes a block, and follows no redirect.
package webhook
