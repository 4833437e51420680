// Package migrations holds the schema of the event store as numbered files,
// and nothing that runs them: that is package store. README.md tells how they
// are written and what was measured for them.
package migrations

import "embed"

// Files are bootstrap.sql and the migrations, NNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
