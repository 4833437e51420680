// Package dashboards holds Grafana's dashboards on the ClickHouse data source,
// as files, and does nothing. The queries in them are run by a test of package
// store against the engine.
package dashboards

import "embed"

// Files are the dashboards, a JSON file each.
//
//go:embed *.json
var Files embed.FS
