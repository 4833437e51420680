// Package middleware enforces blocks inside a Go service: it stands before an
// http.Handler, decides in the process's own memory, and answers in place of
// the handler where a request is refused. Package ginguard beside it is the
// same for gin, grpcguard for gRPC.
//
// It may import block, accesslog (for the client behind trusted hops),
// identify, and net/http. It never decides by itself (that is the block.Decider, usually an
// agent in the same process), and never reads a request's body.
package middleware
