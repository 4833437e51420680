package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/inventory"
)

const partBaselines = "baselines"

// baselines is what it costs to know what is normal.
type baselines struct {
	Detection []learning  `json:"detection"`
	Held      []kept      `json:"held"`
	Model     modelFigure `json:"model"`
}

// learning is what detection costs with parts of it that learn.
type learning struct {
	With        string  `json:"with"`        // besides decoys and rules
	Nanoseconds float64 `json:"nanoseconds"` // of processor time, a row
	Times       float64 `json:"times"`       // of detection without any
}

const learningColumns = "\ndetection\trows/s\tns a row\ttimes"

func (l *learning) columns() string {
	return fmt.Sprintf("%s\t%s\t%.0f\t%.2f", l.With, thousands(1e9/l.Nanoseconds), l.Nanoseconds, l.Times)
}

// The log that is learnt from: 1,000 lines a second, of which the first quarter
// is not counted because everything is new in it.
const (
	learntLines  = 600_000
	learntSecond = 1000
)

func measureBaselines(ctx context.Context, o options) (*baselines, error) {
	b := &baselines{}
	if o.profile != "" {
		profile, err := startProfile(filepath.Join(o.profile, partBaselines+".pprof"))
		if err != nil {
			return nil, err
		}
		defer stopProfile(profile)
	}
	var err error
	if b.Detection, err = measureLearning(ctx, o, learntLines); err != nil {
		return nil, err
	}
	if b.Held, err = measureHeldBaselines(ctx, manySeries, manyActors); err != nil {
		return nil, err
	}
	b.Model, err = measureModel()
	return b, err
}

// measureLearning has the same batches judged by detectors that differ in what
// they learn, in turn, so that whatever else the machine does meets all alike.
func measureLearning(ctx context.Context, o options, lines int) (_ []learning, err error) {
	path := filepath.Join(o.dir, "learnt.log")
	if err := writeLogOver(path, lines, time.Duration(lines)*time.Second/learntSecond, combined); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	rivals, err := learners()
	if err != nil {
		return nil, err
	}
	routes := inventory.New(inventory.Options{})
	assigner, seen, counted := routes.NewAssigner(), 0, 0
	err = readLog(path, func(b *event.Batch) error {
		dress(b)
		routes.Learn(b)
		assigner.Assign(b)
		fresh := seen < lines/4
		for i := range rivals {
			rivals[i].detect(b, fresh)
		}
		if seen += b.Rows(); !fresh {
			counted += b.Rows()
		}
		return ctx.Err()
	})
	return results(rivals, counted), err
}

// learner is a detector with the time that it took.
type learner struct {
	with  string
	d     *detect.Detector
	found detect.Result
	took  time.Duration
}

// learners differ in what they learn; the first learns nothing.
func learners() ([]learner, error) {
	catalogue, err := decoy.Shipped()
	if err != nil {
		return nil, err
	}
	set, err := ruleset.Load(ruleset.Options{Shipped: true})
	if err != nil {
		return nil, err
	}
	with := func(name string, w *watch.Watch, o *behaviour.Observer) learner {
		return learner{with: name, d: detect.New(detect.Options{
			Catalogue: catalogue, Rulebook: detect.NewRulebook(set.Collection, detect.RulebookOptions{}), Watch: w, Behaviour: o,
		})}
	}
	newWatch := func() *watch.Watch { return watch.New(watch.Options{}) }
	newObserver := func() *behaviour.Observer { return behaviour.New(behaviour.Options{}) }
	return []learner{
		with("decoys and rules", nil, nil), with("and baselines", newWatch(), nil),
		with("and behaviour", nil, newObserver()), with("and both", newWatch(), newObserver()),
	}, nil
}

func (l *learner) detect(b *event.Batch, fresh bool) {
	took := busy(func() { l.d.Detect(b, &l.found) })
	if !fresh {
		l.took += took
	}
}

func results(rivals []learner, rows int) []learning {
	list := make([]learning, len(rivals))
	for i := range rivals {
		list[i] = learning{
			With: rivals[i].with, Nanoseconds: float64(rivals[i].took.Nanoseconds()) / float64(rows),
			Times: rivals[i].took.Seconds() / rivals[0].took.Seconds(),
		}
	}
	return list
}

// dress gives every third client a name, as a log of an application has them.
func dress(b *event.Batch) {
	addrs := b.AddrColumn(event.ClientAddress)
	b.MapText(event.User, func(row int, dst, _ []byte) ([]byte, bool) {
		a := addrs[row]
		n := uint64(a[13])<<16 | uint64(a[14])<<8 | uint64(a[15])
		if n%3 != 0 {
			return dst, false
		}
		return strconv.AppendUint(append(dst, "customer-"...), n, 10), true
	})
}
