package watch

import (
	"hash/fnv"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// customs are the usual shares of those who carry most of a place's requests,
// so that who always carries a third of them does not explain why there are
// more.
type customs [16]custom

type custom struct {
	Who   uint32 // hash of the carrier; 0 = nobody
	Share float32
}

const (
	customsEvery = 5 * minute
	customsRate  = 1.0 / 24 // two hours
)

func carrier(t *series.Top) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.Carrier))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(t.Value))
	return max(1, h.Sum32())
}

// usual is the share that a carrier usually has.
func (c *customs) usual(who uint32) float64 {
	for i := range c {
		if c[i].Who == who {
			return float64(c[i].Share)
		}
	}
	return 0
}

// accustom learns who carries a place in the minute at hand.
func (e *entry) accustom() {
	if e.row.Explain(); len(e.row.Top) > 0 {
		e.place.customs.learn(e.row.Top, known(e.row.Values[series.Requests]))
	}
}

// learn takes in who carries how much.
func (c *customs) learn(top []series.Top, all float64) {
	for i := range c {
		c[i].Share *= 1 - customsRate
	}
	for i := range top {
		if share := float64(top[i].Requests) / all; share >= 0.05 {
			c.add(carrier(&top[i]), float32(min(1, share)*customsRate))
		}
	}
}

func (c *customs) add(who uint32, share float32) {
	least := 0
	for i := range c {
		if c[i].Who == who {
			c[i].Share += share
			return
		}
		if c[i].Share < c[least].Share {
			least = i
		}
	}
	if share > c[least].Share {
		c[least] = custom{who, share}
	}
}

func (c *customs) code(x *coder) {
	for i := range c {
		whole(x, &c[i].Who)
		x.small(&c[i].Share)
	}
}
