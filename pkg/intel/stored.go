package intel

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// Stored makes a set of what is at hand, without a network and without a
// change: the bodies in a directory of feeds, and the files that feeds are
// read from. What cannot be read is told in the error; the set has the rest.
func Stored(feeds []Feed, dir string, own []netip.Prefix, now time.Time) (*indicator.Set, error) {
	var lists []*indicator.List
	var errs []error
	for _, f := range slices.Clone(feeds) {
		f.setDefaults()
		list, err := stored(&f, dir, own, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("threat feed %s: %w", f.Name, err))
			continue
		}
		lists = append(lists, list)
	}
	set, err := indicator.Merge(lists...)
	return set, errors.Join(append(errs, err)...)
}

func stored(f *Feed, dir string, own []netip.Prefix, now time.Time) (*indicator.List, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	w := &worker{feed: *f, own: own}
	body, seen, err := lastBody(f, dir, now)
	if err != nil {
		return nil, err
	}
	list, report := w.parse(body, seen)
	return list, report.Broken
}

// lastBody gives what a feed said last, and when.
func lastBody(f *Feed, dir string, now time.Time) ([]byte, time.Time, error) {
	if f.File != "" {
		body, err := ReadFile(f.File, f.MaxBytes)
		return body, now, err
	}
	s := shelf{filepath.Join(dir, f.Name)}
	state, err := s.state()
	if err != nil {
		return nil, now, err
	}
	if state.Body == "" || state.Origin != f.origin() {
		return nil, now, errors.New("it was not fetched yet")
	}
	body, err := s.body(state.Body)
	return body, state.Seen, err
}
