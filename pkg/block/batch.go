package block

// batch is the keys under which a request is looked up in the lists of an
// index. They are looked up together, so that what has to be waited for is
// waited for at once.
type batch struct {
	lists  *table[listKey, []filed]
	of     *asking
	keys   [batchSize]listKey
	count  int
	own    int  // of count, the first, which are the client's whatever its path
	routes bool // those that come now are routes
}

// batchSize is enough for most requests; others have several batches.
const batchSize = 12

func (b *batch) add(k listKey) {
	if b.count == batchSize {
		b.flush()
	}
	b.keys[b.count] = k
	b.count++
	if !b.routes {
		b.own = b.count
	}
}

// flush tells the tally of the entries under the keys.
func (b *batch) flush() {
	var near [batchSize]*bucket[listKey, []filed]
	for i, k := range b.keys[:b.count] {
		near[i] = b.lists.near(k.hash())
	}
	for i, k := range b.keys[:b.count] {
		if near[i] == nil {
			continue
		}
		if list := near[i].find(k.hash(), k); list != nil {
			b.of.filed = b.of.filed || i < b.own
			b.of.meetFiled(*list)
		}
	}
	b.count, b.own = 0, 0
}
