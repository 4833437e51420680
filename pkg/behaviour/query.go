package behaviour

// asked is what a query asks for, as far as walks and objects go.
type asked struct {
	id     []byte // an identifier of an object
	page   []byte // the page number, offset or cursor
	paging bool
}

// ask reads a query.
func ask(query []byte) (a asked) {
	for start := 0; start < len(query); {
		equals, end := -1, start
		for ; end < len(query) && query[end] != '&'; end++ {
			if query[end] == '=' && equals < 0 {
				equals = end
			}
		}
		if equals > start && equals < end-1 {
			a.take(query[start:equals], query[equals+1:end])
		}
		start = end + 1
	}
	return a
}

func (a *asked) take(key, value []byte) {
	switch {
	case isPaging(key):
		a.page, a.paging = value, true
	case isID(key) && len(value) <= 64:
		a.id = value
	}
}

// isPaging tells names of what turns the pages of lists.
func isPaging(key []byte) bool {
	switch string(key) {
	case "page", "p", "pg", "paged", "pageno", "page_no", "pageNo", "pageNumber", "page_number", "pageIndex", "page[number]",
		"offset", "skip", "start", "startIndex", "start_index", "from", "after", "cursor", "next", "before", "since_id", "max_id",
		"page_token", "pageToken", "next_token", "nextToken", "continuation", "scroll_id", "starting_after", "$skip", "page[cursor]",
		"page%5Bnumber%5D", "page%5Boffset%5D", "page[offset]", "%24skip":
		return true
	}
	return false
}

// isID tells names of identifiers: "id", "order_id", "orderId".
func isID(key []byte) bool {
	n := len(key)
	if n < 2 || n > 24 || key[n-1] != 'd' && key[n-1] != 'D' {
		return false
	}
	switch tail := string(key[n-2:]); {
	case n == 2:
		return tail == "id" || tail == "ID"
	case tail == "Id" || tail == "ID":
		return true
	default:
		return tail == "id" && (key[n-3] == '_' || key[n-3] == '-') && !isOfRequest(key)
	}
}

// isOfRequest tells names of what is new each time.
func isOfRequest(key []byte) bool {
	return containsAny(key, "request", "trace", "session", "client", "device", "correlation", "visitor", "campaign", "utm")
}
