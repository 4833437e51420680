// Package series turns batches of records into the series that baselines
// watch: for each minute, and for the whole service, each gateway, source,
// API, route, network, application, principal and address, how many requests
// there were, how many failed, how long they took, how large they were, and how
// many different things were asked for by how many.
//
// # Time
//
// Only the time that records tell counts. Event time is what half of the
// sources have reached; it never runs ahead of what the caller says the time
// is, nor, but for a moment, of the other sources. A minute is over, and is told
// once, when event time is past its end by Options.Lateness. A record that comes
// later than that counts nowhere, but in Stats: counted in another minute it
// would look like a burst. A source whose clock is wrong, which is one that is
// off by the same all the time, is set right after a few minutes; what it sent
// until then counts nowhere either. While no records come, time goes on with
// the caller's, so that silence is noticed.
//
// # Bounds
//
// The number of series is bounded, with a share for each dimension. When a
// dimension is full, what was seen in few minutes makes room for what is new;
// what has a history only does as far as it is the least used sixteenth.
// Nothing that has requests in an open minute makes room. So a flood of made-up
// routes or principals competes with itself: what finds no room is counted in
// the route "{other}" of its gateway, or not at all where it is somebody.
// Different values are counted exactly up to 16, beyond right to about a
// twentieth for places and a tenth for people; quantiles of a minute are right to a twentieth; who carries a place's
// traffic is told as far as it is at least a sixteenth of it.
//
// The same records in the same order give the same minutes, however they were
// cut into batches, and after Restore as without.
//
// The package imports event, finding, baseline for the kinds of series, and a
// hash. It never reads a clock, logs, does I/O or starts a goroutine, and judges
// nothing: that is for baseline/watch.
package series
