package httpapi

// mapped gives f of each item; the result is never nil.
func mapped[A, B any](items []A, f func(A) B) []B {
	out := make([]B, 0, len(items))
	for _, item := range items {
		out = append(out, f(item))
	}
	return out
}

// filledList makes no list an empty one in JSON, not null.
func filledList[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
