// Package httpauth answers gateways that ask before each request, over a unix
// socket or loopback: nginx's auth_request, and whatever else can send the
// same headers. Pass is 204, refuse is 403, and 401 sends the client on to
// the decoy responder.
//
// It may import block, a metrics registry and net/http. It never decides by
// itself (that is the agent), knows no decoy, and never answers a peer from
// another host.
package httpauth
