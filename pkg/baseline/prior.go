package baseline

// Prior is what is thought of a series before its first points.
type Prior struct{}

// Lend is what the model thinks of its series, for those of its group that are
// new; nil while it is learning itself.
func (m *Model) Lend() *Prior {
	if m.seen <= int64(m.options.WarmUp) {
		return nil
	}
	return &Prior{}
}
