package behaviour

// walking is how an actor turns the pages of a list.
type walking struct {
	list    uint64 // 0 = none yet
	page    int64  // number of the last one; -1 = a cursor
	step    int64  // between pages
	cursor  uint64 // hash of the last one
	run     uint32 // pages in a row
	longest uint32
}

// turn notes a page of a list.
func (w *walking) turn(list, cursor uint64, value []byte) {
	n, numeric := numberIn(value)
	page := int64(-1)
	if numeric {
		page = int64(n)
	}
	switch {
	case w.list != list || (w.page < 0) != (page < 0):
		*w = walking{list: list, page: page, cursor: cursor, run: 1, longest: w.longest}
	case cursor == w.cursor:
		return
	case page < 0:
		w.run++
	case page > w.page && (w.step == 0 || page-w.page == w.step):
		w.step = page - w.page
		w.run++
	default:
		w.run, w.step = 1, 0
	}
	w.page, w.cursor, w.longest = page, cursor, max(w.longest, w.run)
}
