// Package receive takes the lines of logs that are sent by syslog, or come on
// a stream such as standard input, and pushes them into an ingest.Inbox.
//
// RFC 5424 and RFC 3164, over UDP and TCP, with both framings of RFC 6587. Of
// a message only its text is wanted: the line of the gateway's log. What
// stands before it is taken off where it is as a known sender writes it, and
// left alone where it is not, so that the parser of the log has the last word.
//
// It imports ingest and the standard library. The known parsers of syslog
// build a message with all its fields, at seven allocations for each, give up
// on the missing priorities and headers that senders do leave out, and want to
// be told the framing. It never opens a file, and never holds more than a
// bounded number of bytes for a sender.
package receive
