package finding

import "strings"

// Bounds on what a finding repeats of a request, in bytes.
const (
	MaxPath      = 1024
	MaxHost      = 255
	maxUserAgent = 512
	maxOther     = 128
)

// Bounded is the sighting as a finding may repeat it: what a client chose is
// valid UTF-8, printable and of bounded length.
func (s Sighting) Bounded() Sighting {
	s.Path = Clip(s.Path, MaxPath)
	s.Host = Clip(s.Host, MaxHost)
	s.UserAgent = Clip(s.UserAgent, maxUserAgent)
	s.Method = Clip(s.Method, maxOther)
	s.Source = Clip(s.Source, maxOther)
	s.Gateway = Clip(s.Gateway, maxOther)
	s.RequestID = Clip(s.RequestID, maxOther)
	return s
}

// Clip makes of at most n bytes of a text valid, printable UTF-8; what is
// replaced may make it longer than n.
func Clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
