package block

// Meets tells whether a request has all that the target asks for. keys are
// those under which the target's secrets may be hashed. The path meets the
// route of an exemption letter by letter, and that of a block also in other
// spellings: see Request. It is for single targets: a Set asks many at once.
func (t Target) Meets(r *Request, keys []MatchKey) bool {
	a := newAsking(r, 0, &secrets{keys: newHashers(keys)}, nil)
	return t.Valid() && a.meets(t)
}
