package indicator

// crawler is one entry of a list of crawlers' user agents.
type crawler struct {
	Pattern string   `json:"pattern"`
	URL     string   `json:"url"`
	Tags    []string `json:"tags"`
}

// crawlers reads a JSON array of {pattern, url, tags}: regular expressions
// that are found in the user agents of programs. Each indicator has the label
// "crawler" besides its tags.
func (r *reader) crawlers() error {
	c := newCursor(r.data)
	err := c.array(func() error {
		at := c.place()
		var one crawler
		wrong, broken := c.read(&one)
		switch {
		case wrong != nil:
			r.refuse(at, wrong)
		case broken == nil:
			r.take(at, entry{Indicator: Indicator{
				Kind: UserAgentPattern, Value: one.Pattern, Reference: one.URL, Labels: append([]string{"crawler"}, one.Tags...),
			}})
		}
		return broken
	})
	if err != nil {
		return err
	}
	return c.ended()
}
