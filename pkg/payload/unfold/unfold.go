package unfold

import "bytes"

// MaxForms is the largest number of forms of a value, and so the depth to which
// it is decoded.
const MaxForms = 8

// MaxBytes is the length to which a value is looked at: what lies behind is in
// no form.
const MaxBytes = 16 << 10

// A step appends the next writing of v to dst, and tells whether it differs
// from v; when it does not, what was appended means nothing.
type step func(dst, v []byte) ([]byte, bool)

// Unfolder makes forms. It holds the room for them, at most MaxForms × MaxBytes,
// and is for one goroutine at a time. The zero value is ready.
type Unfolder struct {
	rooms [MaxForms][]byte
	forms [MaxForms][]byte
}

// Forms returns the further forms of v, in the order in which they are made: v
// is not among them, and no form is there twice. They are valid until the next
// call.
func (u *Unfolder) Forms(v []byte) [][]byte {
	if !CanUnfold(v) {
		return nil
	}
	return u.chain(cut(v), 0)
}

// QueryForms returns what Forms does for the text of a query, raw, in which a +
// is a space: for as long as there is percent encoding, since a query that was
// encoded twice has its spaces as %2B.
func (u *Unfolder) QueryForms(v []byte) [][]byte {
	if !CanUnfoldQuery(v) {
		return nil
	}
	v = cut(v)
	n := 0
	for n < MaxForms && (n == 0 || bytes.IndexByte(v, '%') >= 0) {
		next, changed := form(u.rooms[n][:0], v)
		u.rooms[n] = next
		if !changed {
			break
		}
		u.forms[n], v = next, next
		n++
	}
	return u.chain(v, n)
}

// chain makes the forms that follow v, n being made already.
func (u *Unfolder) chain(v []byte, n int) [][]byte {
	for n < MaxForms {
		next, changed := u.next(n, v)
		if !changed {
			break
		}
		u.forms[n], v = next, next
		n++
	}
	return u.forms[:n]
}

// next writes the form after v into the room n.
func (u *Unfolder) next(n int, v []byte) ([]byte, bool) {
	for _, s := range [...]step{percent, base64, characters, spaces, path} {
		out, changed := s(u.rooms[n][:0], v)
		u.rooms[n] = out
		if changed {
			return out, true
		}
	}
	return nil, false
}

func cut(v []byte) []byte { return v[:min(len(v), MaxBytes)] }
