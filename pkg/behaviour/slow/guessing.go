package slow

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minFailures  = 12
	minFrom      = 8 // addresses, in all days
	attemptsEach = 5 // of one actor that count for what is usual: a botnet is not
	leastFailing = 0.2
	mostFailing  = 0.5
)

// failingShare is how many sign-ins fail on an ordinary day. However many do,
// half of them is the most that is taken for ordinary.
func failingShare(all []history) float64 {
	var failed, tried float64
	for _, h := range all {
		if n := float64(h.sum(loginsOf)); n > 0 {
			failed += float64(h.sum(failedOf)) / n * min(attemptsEach, n)
			tried += min(attemptsEach, n)
		}
	}
	return min(mostFailing, max(leastFailing, failed/max(1, tried)))
}

func loginsOf(d *ActorDay) int64 { return d.Logins }
func failedOf(d *ActorDay) int64 { return d.FailedLogins }
func failed(d *ActorDay) bool    { return d.FailedLogins > 0 }

// guessed tells of an address whose sign-ins fail on several days.
func guessed(w *window, actor int) *suspicion {
	h := w.actors[actor]
	usual := w.peers[group(h.actor().Kind)].failing
	tried, fails, active := int(h.sum(loginsOf)), int(h.sum(failedOf)), h.count(failed)
	if fails < minFailures || active < minDays {
		return nil
	}
	return &suspicion{
		title: fmt.Sprintf("%d of %d sign-ins failed, on %s", fails, tried, inDays(active)),
		reason: fmt.Sprintf("%d of %d sign-ins failed, on %s, about %d a day; %.0f%% of those of others do",
			fails, tried, inDays(active), (fails+active/2)/active, 100*usual),
		statistic: finding.Statistic{
			Series: "failed sign-ins", Unit: "sign-ins", Expected: usual * float64(tried), Upper: hardlyOver(tried, usual), Seen: float64(fails),
			Probability: binomial(fails, tried, usual),
		},
	}
}

// guessedAt tells of an account at which many addresses guess.
func guessedAt(w *window, actor int) *suspicion {
	h := w.actors[actor]
	p := w.peers[group(h.actor().Kind)]
	from, active := h.sum(failedFromOf), h.count(failed)
	if from < minFrom || active < minDays {
		return nil
	}
	return &suspicion{
		title: fmt.Sprintf("One account was refused from %d addresses on %s", from, inDays(active)),
		reason: fmt.Sprintf("%d sign-ins failed from %d addresses on %s; those of others fail from %.0f, and hardly one from more than %.0f",
			h.sum(failedOf), from, inDays(active), p.failedFrom.median(), p.failedFrom.upper()),
		statistic: finding.Statistic{
			Series: "addresses from which sign-ins fail", Unit: "addresses", Expected: p.failedFrom.median(), Upper: p.failedFrom.upper(), Seen: float64(from),
			Probability: p.failedFrom.above(float64(from)),
		},
	}
}
