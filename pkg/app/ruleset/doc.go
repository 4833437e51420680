// Package ruleset reads rules from the files where people keep them: the
// shipped ones, and the operator's folders. A file that is wrong leaves the
// others in force.
//
// It imports sigma, decoy, mistake and the shipped rules. It never decides
// what is done about a mistake, and never looks at an event.
package ruleset
