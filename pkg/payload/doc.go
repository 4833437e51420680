// Package payload tells what an attack looks like in a value that a client
// wrote: a path, a query, a header, a field of them.
//
// A value passes a cheap filter first ([Suspicious]); most end there. What is
// left is looked at in all its decoded forms (pkg/payload/unfold) by one analyser
// for each kind of attack, a small scan of its own; SQL injection and cross-site
// scripting are asked of libinjection too, whose word counts only with a second
// sign, since prose and formulas deceive it.
//
// The package imports pkg/payload/unfold, libinjection and the standard library.
// It judges one value at a time, from its bytes alone: it knows no rule, no
// client and no history, and never says that an attack succeeded.
package payload
