package block

// Meets tells whether a request has all that the target asks for. keys are
// those under which the target's secrets may be hashed. It is for single
// targets: a Set asks many at once.
func (t Target) Meets(r *Request, keys []MatchKey) bool {
	a := newAsking(r, 0, &secrets{keys: newHashers(keys)}, nil)
	return t.Valid() && a.meets(t)
}
