// Package correlate finds what matches of rules have to do with each other
// over time: the seven correlation types of Sigma 2.1, their grouping, their
// aliases, and correlations over correlations.
//
// # What is found
//
// A finding is a correlation, a group (the values of group-by) and a window:
// one of the stretches [k·timespan, (k+1)·timespan) of event time. Conditions
// are of two sorts.
//
//   - A rising condition (only gt and gte, on counts, counts of distinct
//     values, sums and temporal types) can become true by another event and
//     never false again. It is looked at over the timespan that ends at an
//     event, (t-timespan, t], wherever that lies: the finding exists if it
//     holds for some event of the window, and is told when that is known.
//   - Any other condition (lt, lte, eq, neq, averages, percentiles) is judged
//     once, on the events of the window, when event time has passed the
//     window's end by Options.Lateness. A group without an event in a window
//     is not judged there: nobody can know which groups are missing.
//
// So what is found follows from the set of events and not from their order, as
// long as each is fed before event time is Lateness past it. For a rising
// condition even later events are looked at, with what is still remembered; it
// may then be told again, as the same finding. A later event of a window that
// was judged is left out. Both are counted as late.
//
// A record that several rules of a correlation match is one event, except to
// temporal types, which ask for the rules. A record is left out, and counted,
// when a value of group-by or of the condition's field is missing.
//
// # Types
//
//   - event_count, value_sum: sums count in thousandths, without negative
//     numbers.
//   - value_count: with several fields, their distinct combinations.
//   - temporal: how many different rules matched; all of them unless the
//     condition says otherwise. One record may match several.
//   - temporal_ordered: the longest run of rules that matched one after the
//     other in the order of the correlation. Records of one file at one time
//     are ordered by their offset; records of different files at one time are
//     ordered either way, as is a correlation's match.
//   - value_avg: in thousandths.
//   - value_percentile: with a percentile p, the value at rank p·(n-1) of n
//     sorted ones, rounded down. Without one, the share of a value among all
//     values of the window, in percent, as the specification's example has it:
//     the condition holds if it does for some value.
//
// # Correlations over correlations
//
// A rising correlation is an event of its parent at each event at which its
// condition holds, however often, but all those of one window are one finding:
// they count once in a timespan. A condition that is judged is one event at the last
// instant of its window. The fields of such an event are the values of the
// child's group-by. Which events these are follows from the set of events
// again, and so what a parent finds does too. An exception are sums, averages
// and percentiles over a correlation: they take its match once, at the time at
// which it was told first.
//
// # What is exact
//
// Counts are exact for conditions up to 512, distinct values up to 1024,
// because a window needs no more than what decides about itself and the next
// one: the first and the last so many. Beyond that, and for sums, times are
// cut to timespan/512, so a timespan is wrong by at most 0.2 %; and of distinct
// values only those are counted whose hash is in a fixed part of all hashes, a
// sample of at least 512 at the threshold, with a standard error of at most
// 4.5 %. The order of temporal_ordered is exact while no rule matches more than
// 8 times in timespan/16; of more, the first and last four are looked at. A
// parent of a count of distinct values sees it exactly while a window has up to
// 512 times of events.
// Percentiles are exact up to 256 different values, then within 1 % of the
// value; shares are exact up to 1024 values of a window, then a sample of the
// values has its exact shares.
//
// # Memory
//
// Groups end when event time has passed all that they could still complete.
// Beyond Options.MaxGroups or MaxBytes the group goes that was not touched for
// long, but groups with few events before groups with many, as long as those with
// few hold more than an eighth of the room: a million addresses with a request
// each push out each other, not the one that has been coming for an hour; one
// that was pushed out and comes again is better known than they are; and no
// number of busy groups keeps a new one from being seen. A group that was pushed
// out begins anew, and may tell the same finding again. Values of clients
// are kept as keyed hashes; those of group-by are cut to 256 bytes, with a hash
// of the rest.
//
// It imports sigma and the standard library. It never looks at a rule's
// condition, and never reads a clock: time is what records say and Advance is
// told; see Clock for how to tell it.
package correlate
