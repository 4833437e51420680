package behaviour

import "testing"

func TestAsk(t *testing.T) {
	f := func(query, id, page string) {
		t.Helper()
		a := ask([]byte(query))
		if string(a.id) != id || string(a.page) != page || a.paging != (page != "") {
			t.Errorf("%q asks for object %q, page %q", query, a.id, a.page)
		}
	}
	f("", "", "")
	f("q=shoes", "", "")
	f("q=shoes&page=3", "", "3")
	f("page=3&q=shoes", "", "3")
	f("offset=200&limit=50", "", "200")
	f("cursor=abc%3D%3D", "", "abc%3D%3D")
	f("id=7", "7", "")
	f("order_id=7&x", "7", "")
	f("orderId=7", "7", "")
	f("paid=1&void=2&grid=3", "", "")
	f("request_id=9&page=", "", "")
	f("=&&&=7&page", "", "")
}
