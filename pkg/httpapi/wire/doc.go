// Package wire has the JSON shapes of the REST API and the questions that its
// lists are asked, once for the server, for its client and for whoever answers
// the questions.
//
// It imports the floors below only. It holds values and never does anything.
package wire
