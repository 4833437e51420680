package behaviour

import (
	"fmt"
	"time"
)

// oddities are honest people and programs that look odd.
func (w *world) oddities() {
	w.mondayMorning()
	w.oldPassword()
	w.forgetful()
	w.collector()
	w.traveller()
	w.dashboard()
	w.reader()
	w.downloads()
}

// mondayMorning: everybody in an office signs in, and every sixth fails.
func (w *world) mondayMorning() {
	at := w.late()
	for i := range 80 {
		r := w.customer(fmt.Sprintf("clerk%d", i), 0)
		r.address, r.agent = "198.51.100.77", w.browser(i)
		if i%6 == 0 {
			w.add(with(r, at, "POST", "/login", "/login", 401))
			at += w.pause(5)
		}
		w.add(with(r, at, "POST", "/login", "/login", 200))
		at += w.pause(8)
	}
}

// oldPassword: a job whose password has expired fails all day.
func (w *world) oldPassword() {
	r := w.customer("job", 501)
	for at := time.Duration(0); at < time.Duration(w.hours)*time.Hour; at += time.Minute {
		w.add(with(r, at, "POST", "/login", "/login", 401))
	}
}

// forgetful: somebody tries all his passwords, from two places.
func (w *world) forgetful() {
	r, at := w.customer("forgetful", 502), w.late()
	for i := range 9 {
		r.address = address(70_502 + i/5)
		w.add(with(r, at, "POST", "/login", "/login", 401))
		at += w.pause(20)
	}
	w.add(with(r, at, "POST", "/login", "/login", 200))
}

// collector has many orders, and looks at each.
func (w *world) collector() {
	r, at := w.customer("collector", 503), w.late()
	for i := range 45 {
		w.add(with(r, at, "GET", fmt.Sprintf("/orders/%d", 20_000+i*37), "/orders/{id}", 200))
		at += w.pause(15)
	}
}

// traveller lands in another country, with telephone and all.
func (w *world) traveller() {
	r, at := w.customer("traveller", 504), w.late()-time.Hour
	for i := range 60 {
		if i == 30 {
			r.network, r.country, r.address = "AS65100", "FR", address(70_999)
		}
		w.add(with(r, at, "GET", fmt.Sprintf("/products/%d", w.popular(3000)), "/products/{id}", 200))
		at += w.pause(30)
	}
}

// dashboard hangs on a wall, and keeps itself up to date.
func (w *world) dashboard() {
	r := request{address: address(70_505), host: "www.example", agent: w.browser(3)}
	for at := time.Duration(0); at < time.Duration(w.hours)*time.Hour; at += 30 * time.Second {
		for panel := range 8 {
			r.referer = "https://www.example/board"
			w.add(with(r, at, "GET", fmt.Sprintf("/board/%d", panel), "/board/{id}", 200))
		}
	}
}

// reader opens a few dozen articles in tabs, and reads.
func (w *world) reader() {
	r, at := request{address: address(70_506), host: "www.example", agent: w.browser(6), referer: "https://www.example/"}, w.late()
	w.add(with(r, at, "GET", "/static/1.js", "/static/{slug}.js", 200))
	for range 45 {
		w.add(with(r, at, "GET", fmt.Sprintf("/articles/%d", w.random.IntN(4000)), "/articles/{id}", 200))
		at += w.pause(30)
	}
}

// downloads: somebody gets the packages that are there to be had.
func (w *world) downloads() {
	r, at := request{address: address(70_507), host: "www.example", agent: "Wget/1.21.3"}, w.late()
	for i := range 6 {
		file := with(r, at, "GET", fmt.Sprintf("/files/tool-%d.tar.gz", i), "/files/{slug}", 200)
		file.bytes = 80_000_000
		w.add(file)
		at += w.pause(20)
	}
}
