// Package lists gives the blocks of a segment as lists, for whatever polls:
// plain text, nginx, HAProxy, CSV, JSON and STIX 2.1. A list has an ETag, and
// whoever has it may wait for the next one.
//
// It may import block, httpapi/wire and net/http. It never makes or removes a
// block, and asks nobody for a token: that is httpapi.
package lists
