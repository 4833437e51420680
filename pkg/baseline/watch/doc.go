// Package watch follows the series of a service and tells what is not as it
// should be: within a budget of alerts a day, each incident once, at the place
// that explains it.
//
// # From minutes to chances
//
// A place (the whole, a gateway, source, API, route, network or application)
// has a model of package baseline for each measure that is worth one: by the
// minute, by five or fifteen minutes where a minute holds too few requests, and
// by the hour. Beside the models stand those for which a course says little:
// how much should have come during a silence (gap), whether an hour in which
// something always came was skipped (diary), sums over days of what gets worse
// slowly (drift), and the tail of single responses and requests. People and
// addresses are too many and too rare for models: each has the habit of its
// hours, shrunk towards that of all of them. Fast behaviour of theirs is for
// package behaviour.
//
// # From chances to incidents
//
// Each look gives a chance. How often looks of a class really claim such a
// chance is counted over all series, and corrects it (tally): these are the
// conformal p-values of Bates et al. (Ann. Stat. 51, 2023), with what a model
// claims in place of a score. An incident opens below a threshold at which the
// expected number of false ones a day is the class' share of the budget; what
// else moves at the same time belongs to it if the false discovery rate over
// all series allows (Benjamini and Yekutieli). Since what was raised counts too,
// the threshold follows what really happens: a level of surprise is told for as
// long as it does not come more often than the budget. A purse bounds what is
// told on a bad day.
//
// An incident has one ID from its beginning to its end. It is told once it has
// lasted for a minute more, when it doubles, when another explanation comes up,
// every hour, and when it is over. It comes back under the same ID within an
// hour of its end. What our own blocks caused is none: requests that we refused
// are not expected, neither while they come nor when they stop.
//
// # Learning
//
// Nothing is scored before Options.MinLearning of event time and before the
// model is ready; by the hour, before seven times that. A fresh install is not
// blind meanwhile: from four hours on, ten times as many requests as in any
// minute before and a sudden silence of a busy gateway, source, API or of
// everything are told, as Log, once a day and place.
//
// The same minutes give the same anomalies, after Restore too. A Watch is not
// safe for concurrent use.
//
// The package may import baseline, baseline/series, finding, event and gonum. It
// never reads a clock, logs, does I/O or starts a goroutine, and never decides
// whom to wake: it suggests.
package watch
