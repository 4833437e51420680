// Package match finds the events that rules are about: it compiles rules to
// one immutable program, which runs over the columns of a batch.
//
// A [Program] answers for all rules at once, and looks at few of them:
//
//   - Of each rule it knows literals of which one has to occur wherever the rule
//     holds. One automaton for each group of columns looks for all of them in
//     one pass, in raw values and decoded forms. Single items of rules have
//     signs of their own, found in the same pass.
//   - What a rule demands of the status is a mask of rules for each status, and
//     so is what it demands of columns that are unknown.
//   - The regular expressions of an item are one table of states, which tells of
//     a text of ASCII in one pass whether any of them is found. Package regexp
//     looks at other texts, and for expressions that need too many states.
//   - What repeats (user agents, referers, paths …) is looked at once a distinct
//     text, while its place in a bounded cache lasts: decoded, searched, judged.
//     An entry also learns which rules its text alone excludes.
//
// The rules that are left run as jump code over atoms, which are what items
// ask; an atom that several rules share is evaluated once a row.
//
// [Holds] says the same slowly and obviously, and shares with the program only
// what a field is and which forms of a value are seen. [Explain], [Branches] and
// [Covered] are built on it.
//
// How fields and values are compared, where the specification leaves it open:
//
//   - A field may have several values; an item holds when one of them does, and
//     with neq when none does. Null, exists and the empty text ask only for the
//     first of a field's columns.
//   - The empty text is the same as unknown. The pattern * asks for a value.
//   - A field that no log has is unknown, as are the fields of a line that does
//     not tell them.
//   - Without cased, ASCII letters are compared by their lower case, other
//     letters by the lower case of Unicode unless that is an ASCII letter.
//   - ? is one character of UTF-8, or one byte where the value is not UTF-8.
//   - A number against a number compares as numbers, a number against text as
//     the text of the number, text against a number as text.
//   - A comparison by size reads a text as a decimal number.
//   - fieldref compares the first columns of both fields; unknown fields are
//     never the same.
//   - Parts of a time are of UTC, weeks are those of ISO 8601.
//   - A keyword is searched anywhere in each text, in the request line and in
//     the status.
//
// The package imports event, payload with unfold, and sigma. It never reads a
// clock unless it is given one, never logs, and never starts a goroutine.
package match
