// Package finding says what was found: by which rule, about which actor, on
// what evidence, and how urgent that would be on its own.
//
// It imports the standard library only. It never decides what is done about
// a finding (that is respond), reads no clock and does no I/O.
package finding
