package endtoend

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// chaos kills processes while lines are being written, and sends the store
// away meanwhile.
type chaos struct {
	*torture
	random *rand.Rand
	diary  []string
	absences
}

func newChaos(w *torture, random *rand.Rand) *chaos {
	c := &chaos{torture: w, random: random}
	c.absences = absences{w: w}
	c.arrange()
	return c
}

// run kills every kind of process equally often, in random order. Moments are
// told by how many lines there are, so that they are the same for a seed.
func (c *chaos) run() {
	c.Helper()
	kinds := []func(){c.killService, c.killEngine, c.killShipper, c.killFollower}
	order := make([]int, c.plan.kills)
	for i := range order {
		order[i] = i % len(kinds)
	}
	c.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	moments := c.moments()
	for i, kind := range order {
		c.until(moments[i])
		kinds[kind]()
	}
	c.waits("the store is back for good", func() error {
		if left := c.left(); left != "" {
			return fmt.Errorf("%s is left; %s", left, c.watch.last())
		}
		return nil
	})
	c.Logf("killed: %s", strings.Join(c.diary, " "))
}

// moments are numbers of lines, in order; the last may come when all has been written.
func (c *chaos) moments() []int {
	all := make([]int, c.plan.kills)
	for i := range all {
		all[i] = c.random.IntN(c.plan.lines * 9 / 10) // each log has a little less than its share
	}
	slices.Sort(all)
	return all
}

// until waits until so many lines were written.
func (c *chaos) until(lines int) {
	c.Helper()
	c.waits(fmt.Sprintf("%d lines are written", lines), func() error {
		if n := c.written(); n < lines {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
}

// waits waits, and goes on with the store's absences meanwhile.
func (c *chaos) waits(what string, check func() error) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.plan.patience)
	defer cancel()
	c.must(stage.Until(ctx, what, func(context.Context) error {
		c.must(c.goOn())
		return check()
	}))
}

func (c *chaos) killService()  { c.restart("service", c.service.Process, c.readers[0].kill) }
func (c *chaos) killShipper()  { c.restart("shipper", c.shipper.Process, c.readers[1].kill) }
func (c *chaos) killFollower() { c.restart("follower", c.follower.Process, c.follower.Kill) }

// restart kills a process, lets some lines be written and starts it again. It
// may be killed next while it is still starting.
func (c *chaos) restart(name string, p *stage.Process, kill func()) {
	c.Helper()
	at := c.written()
	if !p.Running() {
		c.Fatalf("%s has ended by itself:\n%s", name, p.Tail())
	}
	kill()
	c.until(min(at+c.random.IntN(c.plan.lines/50), c.plan.lines*9/10))
	c.must(p.Start())
	c.diary = append(c.diary, fmt.Sprintf("%s@%d-%d", name, at, c.written()))
}

// killEngine kills the store's child as soon as there is one; the service
// starts it again. While the store is away, the shipper has to do.
func (c *chaos) killEngine() {
	c.Helper()
	if c.away() {
		c.killShipper()
		return
	}
	c.eventually("there is an engine to kill", func(context.Context) error { return c.service.KillEngine() })
	c.diary = append(c.diary, fmt.Sprintf("engine@%d", c.written()))
}
