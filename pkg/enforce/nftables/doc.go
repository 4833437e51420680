// Package nftables keeps blocks in sets of the host's packet filter, so that
// a refused client does not even get a connection. It is for hosts on which
// the peer of a connection is the client: behind a load balancer every client
// has the same peer.
//
// It owns one table, "inet honeymoat", and touches no other: sets of addresses
// and of prefixes for IPv4 and IPv6, with exemptions before them, looked up
// for the gateway's ports only. Every element carries its block's id as a
// comment and a timeout, so that the kernel ends it even when nobody is there
// to do so; the table stays when the agent stops.
//
// It may import block, mirror, a metrics registry and google/nftables. It
// holds addresses and prefixes only, and nothing but deny, drop and allow: all
// else is left to the request path.
package nftables
