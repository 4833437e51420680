package erase

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Subject is who is erased: an address, or a principal.
type Subject struct {
	Address netip.Addr // invalid for a principal
	Value   string     // of the principal, as the gateway knows it
	// Hashes stand for Value in the store, one for each kind of principal and
	// each key that there is.
	Hashes []string
	// Mentions: the subject's name is also taken out of what others left: their
	// paths, their queries, reasons. A principal's name may be an ordinary word;
	// an address is none, and is always taken out.
	Mentions bool
	// Search only: nothing is removed.
	Search bool
}

// ErrNobody is the error of a subject without address and value.
var ErrNobody = errors.New("nobody to erase: want an address or a principal's value")

// minValue is the shortest value of a principal that can be searched for in
// free text without hitting everybody.
const minValue = 2

// Validate tells whether there is somebody to erase.
func (s Subject) Validate() error {
	switch {
	case s.Address.IsValid() == (s.Value != ""):
		return ErrNobody
	case s.Value != "" && len(s.Value) < minValue:
		return errors.New("a principal's value of one character would erase other people's data")
	}
	return nil
}

// Text is how the subject is written in free text.
func (s Subject) Text() string {
	if s.Address.IsValid() {
		return s.Address.Unmap().String()
	}
	return s.Value
}

// Actors are the actors that the subject is.
func (s Subject) Actors() []finding.Actor {
	if s.Address.IsValid() {
		actors := []finding.Actor{finding.ActorOf(s.Address)}
		if actors[0].Kind == finding.Prefix { // a person may have blocked the address alone
			actors = append(actors, finding.Actor{Kind: finding.Prefix, Value: s.Text()})
		}
		return actors
	}
	var actors []finding.Actor
	for _, kind := range []finding.ActorKind{finding.User, finding.Application, finding.Key, finding.Token, finding.Session} {
		for _, value := range append(slices.Clone(s.Hashes), s.Value) {
			actors = append(actors, finding.Actor{Kind: kind, Value: value})
		}
	}
	return actors
}

// In counts the rows and rejected records of a batch that are about the
// subject.
func (s Subject) In(b *event.Batch) int {
	n := 0
	for row := range b.Rows() {
		if s.inRow(b, row) {
			n++
		}
	}
	for i := range b.Rejected {
		if s.Names([]byte(b.Rejected[i].Excerpt)) {
			n++
		}
	}
	return n
}

func (s Subject) inRow(b *event.Batch, row int) bool {
	if s.Address.IsValid() {
		a := s.Address.Unmap().WithZone("")
		return b.Addr(event.ClientAddress, row).WithZone("") == a || b.Addr(event.PeerAddress, row).WithZone("") == a ||
			s.Names(b.Text(event.ForwardedFor, row))
	}
	for _, f := range []event.TextField{event.Principal, event.User, event.Session, event.Application} {
		if v := string(b.Text(f, row)); v != "" && (v == s.Value || slices.Contains(s.Hashes, v)) {
			return true
		}
	}
	return s.Names(b.Text(event.Path, row)) || s.Names(b.Text(event.Query, row)) || s.Names(b.Text(event.Referer, row))
}

// Mentioned tells whether free text that names the subject is about it, so that
// its name is to be taken out there.
func (s Subject) Mentioned() bool { return s.Address.IsValid() || s.Mentions }

// Names is InText where a mention counts, and false where it does not.
func (s Subject) Names(text []byte) bool { return s.Mentioned() && s.InText(text) }

// InText tells whether a free text names the subject, as a word of its own. An
// address is found as it is usually written, whatever the case of its letters.
func (s Subject) InText(text []byte) bool {
	word := []byte(s.Text())
	if s.Address.Is6() {
		text = bytes.ToLower(text)
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if !s.continues(text, start-1) && !s.continues(text, end) {
			return true
		}
		from = start + 1
	}
}

// continues tells whether the byte at an index belongs to the same word.
func (s Subject) continues(text []byte, at int) bool {
	if at < 0 || at >= len(text) {
		return false
	}
	c := text[at]
	alphanumeric := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
	if !s.Address.IsValid() {
		return alphanumeric
	}
	hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
	if s.Address.Unmap().Is4() {
		return hex || c == '.' && s.continues(text, at+1)
	}
	return hex || c == ':'
}
