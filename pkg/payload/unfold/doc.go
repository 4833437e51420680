// Package unfold makes the decoded forms of a value that a client wrote: what a
// server, a database or a browser behind the gateway may see in it.
//
// A form is made from the one before it by the first of these steps that
// changes anything, until none does or [MaxForms] are made:
//
//  1. percent: %41 and %u0041 (and + as a space in a query that is still encoded);
//  2. base64: a value, or what stands between = and &, when that decodes to
//     text;
//  3. characters: HTML entities, \u0041, \u{41}, \x41, overlong UTF-8, the
//     wide forms of ASCII, and what is often taken for ' / \ and .;
//  4. spaces: SQL comments and runs of white space become one space, /*! … */
//     what stands in it; NUL goes;
//  5. path: \ becomes /, // and /./ become /, but the // of a URL stays.
//
// What is not a valid writing stays as it is. As the next form depends on
// nothing but the last one, the forms of a form lie among the forms of the
// value; each is no longer than the one before, so there is always an end.
//
// The package imports the standard library only. It never judges a value, never
// changes case, and never resolves "..".
package unfold
