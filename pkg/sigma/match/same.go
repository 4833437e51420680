package match

// Same tells whether two fields are the same column under two names.
func (f Field) Same(other Field) bool {
	a, ok := f.own()
	b, known := other.own()
	return ok && known && a == b
}
