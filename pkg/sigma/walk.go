package sigma

// Walk visits all items of a condition, in their order.
func Walk(n Node, visit func(*Item)) {
	switch n := n.(type) {
	case And:
		for _, part := range n {
			Walk(part, visit)
		}
	case Or:
		for _, part := range n {
			Walk(part, visit)
		}
	case Not:
		Walk(n.Node, visit)
	case *Search:
		Walk(n.Node, visit)
	case *Item:
		visit(n)
	}
}
