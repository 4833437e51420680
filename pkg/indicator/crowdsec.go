package indicator

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// decided is a decision of CrowdSec's API.
type decided struct {
	Duration string `json:"duration"` // what is left of it
	Origin   string `json:"origin"`
	Scenario string `json:"scenario"`
	Scope    string `json:"scope"`
	Type     string `json:"type"`
	Value    string `json:"value"`
}

// crowdsec reads decisions as CrowdSec's API for bouncers gives them: the
// array of /v1/decisions, or the object of /v1/decisions/stream with
// startup=true, of which what is new counts. Bans of addresses and ranges are
// taken, for as long as they last.
func (r *reader) crowdsec() error {
	c := newCursor(r.data)
	read := func() error {
		at := c.place()
		var d decided
		wrong, broken := c.read(&d)
		switch {
		case wrong != nil:
			r.refuse(at, wrong)
		case broken == nil:
			r.decision(at, &d)
		}
		return broken
	}
	err := error(nil)
	if bytes.HasPrefix(bytes.TrimSpace(r.data), []byte("[")) {
		err = c.array(read)
	} else {
		err = c.object(func(key string) error {
			if key == "new" {
				return c.array(read)
			}
			return c.skip()
		})
	}
	if err != nil {
		return err
	}
	return c.ended()
}

func (r *reader) decision(at place, d *decided) {
	if !strings.EqualFold(d.Type, "ban") {
		r.report.LeftOut[leftMilder]++
		return
	}
	if scope := strings.ToLower(d.Scope); scope != "ip" && scope != "range" {
		r.report.LeftOut[leftElsewhere]++
		return
	}
	left, err := time.ParseDuration(d.Duration)
	if err != nil {
		r.refuse(at, fmt.Errorf("duration %q: want one such as 3h59m59s", d.Duration))
		return
	}
	e := entry{Indicator: Indicator{Kind: Address, Value: d.Value, Source: d.Origin, Until: r.options.Seen.Add(left)}}
	if d.Scenario != "" {
		e.Labels = []string{d.Scenario}
	}
	r.take(at, e)
}
