// Package service assembles honeymoat's service from its parts: it gives each
// part its own options out of the configuration, connects them, starts and
// stops them in order, and reloads what can be reloaded.
//
// It imports everything below it. It never contains a decision about events,
// findings or blocks.
package service
