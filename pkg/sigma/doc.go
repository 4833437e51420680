// Package sigma is the Sigma language, specification 2.1, for log events:
// rules, correlations and filters, read from YAML and checked, every mistake
// with its place and a hint. What it gives is immutable.
//
// A document goes through these phases: text → tree (tree.go: values with
// places, aliases resolved) → draft (a rule, correlation or filter read alone)
// → links to others, filters applied, version. A document with a mistake is
// refused and takes nothing with it but what refers to it.
//
// Where the specification leaves room:
//
//   - A list under a search may hold maps, keywords and lists in any mixture,
//     joined by or. A keyword is found anywhere in a record; its pattern begins
//     and ends with AnyRun.
//   - What a modifier makes of one value (windash, base64offset, expand) is
//     joined by or, under the modifier all too.
//   - windash takes each of its five characters for each other, wherever it
//     stands in the value; if those are more than 16,384 permutations, only
//     where it begins a word.
//   - Numbers and booleans are text, as they are written, for modifiers that
//     want text; text that is a number is one for lt, lte, gt and gte. YAML's
//     core schema says what is a number.
//   - startswith and endswith behind re anchor the expression. Expressions are
//     PCRE put into the words of RE2; what RE2 cannot have is refused by name.
//   - Identifiers that begin with "_" are meant by patterns that do so too.
//   - A filter's condition is joined to that of its rules by and. It is about
//     rules whose log source lies within its own; with rules "any", or an empty
//     list, about all of those. A rule that is not loaded is a warning.
//   - Correlations may go without group-by. Timespans know w, M and y too, and
//     are at most a year.
//   - The actions global, reset and repeat of old multi-document files are
//     carried out; documents that share an id get "-2", "-3" behind it.
//   - "| count() …", near and timeframe, which the specification has taken out,
//     are refused.
//
// It imports finding, mistake and the YAML library. It never reads a file,
// and never looks at an event: match and correlate do.
package sigma
