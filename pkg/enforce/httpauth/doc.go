// Package httpauth answers gateways that ask before each request by HTTP:
// nginx's auth_request over a unix socket or loopback (Handler), and the
// forward auth of Traefik, Caddy, APISIX and Kong (Forward), whose answer is
// what the client gets.
//
// It may import block, identify, a metrics registry and net/http. It never decides by
// itself (that is the agent), knows no decoy, and never answers a peer that it
// has no reason to believe.
package httpauth
