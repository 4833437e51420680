// Package rules holds the rules that honeymoat ships, as files, and nothing
// that reads them: that is package ruleset. README.md tells how they are
// written, how they are tested, and what they stay silent on.
package rules

import "embed"

// Files are the rules, AREA/NAME.yml, their tests, AREA/NAME.test.yml, and
// placeholders.yml, which gives the values of the rules' placeholders.
//
//go:embed placeholders.yml */*.yml
var Files embed.FS
