package slow

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minBytes  = 32 << 20 // before anybody is said to carry data off
	lately    = 3        // days that are held against those before
	growth    = 3        // times as much a day as before
	mostParts = 3        // routes that are told
)

func bytesOf(h history) int64 { return h.sum(func(d *ActorDay) int64 { return d.Bytes }) }

// exfiltrated tells of who takes far more than its peers, and than itself
// before.
func exfiltrated(w *window, actor int) *suspicion {
	h := w.actors[actor]
	p := w.peers[group(h.actor().Kind)]
	total := float64(bytesOf(h))
	late, before, ok := w.pace(h)
	if total < minBytes || !ok || late < growth*before || h.count(func(d *ActorDay) bool { return float64(d.Bytes) > total/50 }) < minDays {
		return nil
	}
	return &suspicion{
		title: fmt.Sprintf("%s taken over %s", size(total), inDays(len(h))),
		reason: fmt.Sprintf("%s in %s, %s a day lately and %s before; others of its kind take %s, and hardly one more than %s",
			size(total), inDays(len(h)), size(late), size(before), size(p.bytes.median()), size(p.bytes.upper())),
		statistic: finding.Statistic{
			Series: "bytes of answers", Unit: "bytes",
			Expected: p.bytes.median(), Upper: p.bytes.upper(), Seen: total, Probability: p.bytes.above(total), Parts: heaviest(h, total),
		},
	}
}

// pace is what an actor took a day lately, and on an ordinary day before; false
// when too little is known of before. A day without it is a day of nothing.
func (w *window) pace(h history) (late, before float64, ok bool) {
	begin, from := w.to-lately+1, max(w.from, w.known)
	if begin-from < lately {
		return 0, 0, false
	}
	earlier := make([]float64, begin-from)
	for i := range h {
		switch d := &h[i]; {
		case d.Day >= begin:
			late += float64(d.Bytes) / lately
		case d.Day >= from:
			earlier[d.Day-from] = float64(d.Bytes)
		}
	}
	slices.Sort(earlier)
	return late, median(earlier), true
}

// heaviest are the routes that most of the bytes are of.
func heaviest(h history, total float64) []finding.Part {
	bytes := map[string]int64{}
	for i := range h {
		for k := range h[i].Routes {
			bytes[named(h[i].Routes[k].Route)] += h[i].Routes[k].Bytes
		}
	}
	var parts []finding.Part
	for route, n := range bytes {
		if n > 0 {
			parts = append(parts, finding.Part{Kind: string(finding.Route), Value: route, Share: min(1, float64(n)/total)})
		}
	}
	return largest(parts)
}

// largest are the first few parts, by share and name.
func largest(parts []finding.Part) []finding.Part {
	slices.SortFunc(parts, func(a, b finding.Part) int {
		return cmp.Or(-cmp.Compare(a.Share, b.Share), cmp.Compare(a.Value, b.Value))
	})
	return parts[:min(mostParts, len(parts))]
}

// size tells bytes to people.
func size(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3g TB", n)
}
