package bouncer

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// filter is what a bouncer wants to hear of.
type filter struct {
	scopes               []string // lower case; empty = all
	origins              []string
	containing, excluded []string // parts of scenarios
	// repeats: where several decisions have one place, all are sent, and the
	// bouncer tells them apart by their ids.
	repeats bool
}

// filterOf reads a filter; scopes are those without a parameter.
func filterOf(q url.Values, scopes string) filter {
	given := q.Get("scopes")
	if given == "" {
		given = q.Get("scope")
	}
	if given == "" {
		given = scopes
	}
	return filter{
		scopes: list(strings.ToLower(given)), origins: list(q.Get("origins")),
		containing: list(q.Get("scenarios_containing")), excluded: list(q.Get("scenarios_not_containing")),
	}
}

// text tells filters apart.
func (f *filter) text() string {
	return strings.Join([]string{
		strings.Join(f.scopes, ","), strings.Join(f.origins, ","), strings.Join(f.containing, ","), strings.Join(f.excluded, ","),
		strconv.FormatBool(f.repeats),
	}, "\n")
}

func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// within tells whether a place is of a scope that is wanted.
func (f *filter) within(p place) bool {
	return len(f.scopes) == 0 || slices.Contains(f.scopes, strings.ToLower(p.scope))
}

func (f *filter) wants(p place, d *decision) bool {
	within := func(word string) bool { return strings.Contains(d.scenario, word) }
	return f.within(p) &&
		(len(f.origins) == 0 || slices.Contains(f.origins, d.origin)) &&
		(len(f.containing) == 0 || slices.ContainsFunc(f.containing, within)) &&
		!slices.ContainsFunc(f.excluded, within)
}

// query is what a bouncer asks about.
type query struct {
	filter
	value         string
	kind          string
	prefix        netip.Prefix // invalid: not by address
	contains      bool
	limit, offset int
}

func queryOf(q url.Values) (query, error) {
	a := query{filter: filterOf(q, ""), value: q.Get("value"), kind: q.Get("type"), contains: q.Get("contains") != "false"}
	a.limit, a.offset = number(q.Get("limit")), number(q.Get("offset"))
	for _, name := range []string{"ip", "range"} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		t, err := block.ParseTarget(text)
		if err != nil || !t.Plain() {
			return a, badValue(name, text)
		}
		a.prefix = t.Prefix()
	}
	return a, nil
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// decisions answers what holds for a value, an address or all.
func (h *Handler) decisions(w http.ResponseWriter, r *http.Request, b Bouncer) {
	q, err := queryOf(r.URL.Query())
	if err != nil {
		answer(w, r, http.StatusBadRequest, utf8Type, message{err.Error()})
		return
	}
	now := h.options.Now()
	all := h.view(b).find(&q, now)
	all = all[min(q.offset, len(all)):]
	if q.limit > 0 {
		all = all[:min(q.limit, len(all))]
	}
	var body []decisionJSON // null when there are none: clients compare with that
	for i := range all {
		body = append(body, all[i].wire(all[i].place, now, false))
	}
	answer(w, r, http.StatusOK, utf8Type, body)
}
