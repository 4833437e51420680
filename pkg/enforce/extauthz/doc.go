// Package extauthz answers Envoy's external authorization filter (ext_authz,
// the v3 API over gRPC), and the health checks that Envoy makes.
//
// It may import block, accesslog (for the client behind trusted hops),
// identify, Envoy's published protocol, gRPC and a metrics registry. It never
// decides by itself (that is the block.Decider), and never asks for a request's
// body.
package extauthz
