// Package haproxy keeps blocks in HAProxy's own maps, so that HAProxy refuses
// without asking anybody: by the Runtime API at once, and in the files from
// which HAProxy starts. It notices when HAProxy was restarted, reloaded, or
// holds something else than it should, and fills it anew, each map at a stroke.
//
// It may import block, the mirror, a metrics registry, and a library that
// replaces files. It decides nothing: what a map says about a request is up to
// HAProxy's configuration, which deploy/gateways/haproxy has. It holds what
// maps can: addresses, prefixes, user agents and plain paths, with any action
// but throttle. The rest is left to the agent, which HAProxy asks by SPOE.
package haproxy
