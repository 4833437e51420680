// Package decoyserver serves decoys over HTTP and writes the decoy log, in
// which every line is a touch. It stands behind a gateway, which sends it the
// requests that touched a decoy, or on its own as a whole API that is nothing
// but a decoy.
//
// It may import decoy, block, a metrics registry and net/http. It never
// repeats in an answer anything that the request said, never reaches a
// backend, and finds nothing: that is for whoever reads its log.
package decoyserver
