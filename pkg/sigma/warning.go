package sigma

import "github.com/honeymoat/honeymoat/pkg/mistake"

// Warnings tells what is right but probably not meant, in the order of the
// sources. The list is the caller's.
func (c *Collection) Warnings() mistake.List {
	return append(mistake.List(nil), c.warnings...)
}

func (d *draft) hintAtDocument() {}

func (d *draft) hintAtItem(k key, values []*tree) {}
