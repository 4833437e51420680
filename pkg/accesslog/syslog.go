package accesslog

import "github.com/honeymoat/honeymoat/pkg/event"

// afterSyslog reads lines by a pattern, with or without the words before them
// with which syslog begins a line: "Feb  6 12:14:14 host haproxy[14389]: ".
type afterSyslog struct{ *pattern }

// Parse implements Parser.
func (p *afterSyslog) Parse(record []byte, b *event.Batch) Reason {
	reason := p.pattern.Parse(record, b)
	if message, ok := syslogMessage(record); ok && reason == NoMatch {
		return p.pattern.Parse(message, b)
	}
	return reason
}

// syslogMessage gives what follows "program: " or "program[pid]: ", or the
// seven words of RFC 5424.
func syslogMessage(record []byte) (message []byte, ok bool) {
	first, rest := token(record)
	if n := len(first); n > 3 && first[0] == '<' && first[n-2] == '>' && first[n-1] == '1' {
		for range 6 {
			_, rest = token(rest)
		}
		return rest, len(rest) > 0
	}
	for range 8 { // words before the program's, at most
		var word []byte
		if word, record = token(record); len(word) == 0 {
			return nil, false
		}
		if word[len(word)-1] == ':' {
			return record, true
		}
	}
	return nil, false
}
