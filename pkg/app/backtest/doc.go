// Package backtest holds rules against the store's history: how often they
// would have matched, whom, whom that would have blocked, and which of their
// successful requests that would have cost.
//
// It imports floors 0 to 2 and the store, and runs the detector, the ledger
// and the guard that the service runs. Time is the records', so the answer
// depends on the history only. It never writes to a bus, a store or a
// blocklist.
package backtest
