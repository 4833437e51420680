package intel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// objects is the STIX objects of a collection, each in its last version.
type objects struct {
	order []string
	byID  map[string]object
	size  int64
	added int // since it was loaded
}

type object struct {
	raw      json.RawMessage
	modified time.Time
	until    time.Time
}

func newObjects() *objects { return &objects{byID: map[string]object{}} }

// load reads the bundle that bundle wrote.
func (o *objects) load(bundle []byte) error {
	var b struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		return fmt.Errorf("read the objects fetched before: %w", err)
	}
	err := o.add(b.Objects)
	o.added = 0
	return err
}

// add takes objects, unless a later version is known.
func (o *objects) add(raws []json.RawMessage) error {
	for _, raw := range raws {
		var head struct {
			ID       string    `json:"id"`
			Type     string    `json:"type"`
			Modified time.Time `json:"modified"`
			Until    time.Time `json:"valid_until"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			head.ID = nameOf(raw) // whoever reads it will say what is wrong
		}
		if head.Type != "indicator" && head.Type != "identity" && head.Type != "" {
			continue
		}
		old, known := o.byID[head.ID]
		if known && (old.modified.After(head.Modified) || bytes.Equal(old.raw, raw)) {
			continue
		}
		if !known {
			o.order = append(o.order, head.ID)
		}
		o.byID[head.ID] = object{raw: raw, modified: head.Modified, until: head.Until}
		o.size += int64(len(raw) - len(old.raw))
		o.added++
	}
	return nil
}

// dropOver forgets objects whose time is over.
func (o *objects) dropOver(now time.Time) {
	kept := o.order[:0]
	for _, id := range o.order {
		if until := o.byID[id].until; !until.IsZero() && until.Before(now) {
			delete(o.byID, id)
			continue
		}
		kept = append(kept, id)
	}
	o.order = kept
}

// bundle writes the objects as a bundle, an object a line.
func (o *objects) bundle() ([]byte, error) {
	var s bytes.Buffer
	s.WriteString(`{"type": "bundle", "objects": [`)
	for i, id := range o.order {
		if i > 0 {
			s.WriteByte(',')
		}
		s.WriteByte('\n')
		if err := json.Compact(&s, o.byID[id].raw); err != nil {
			return nil, fmt.Errorf("object %s: %w", id, err)
		}
	}
	s.WriteString("\n]}\n")
	return s.Bytes(), nil
}
