package libchdb

import "unsafe"

// cStrings holds Go strings as C sees them: an array of pointers and one of
// lengths. Bytes are NUL-terminated for the functions that ignore the lengths.
// The value must be kept alive until the call that got its pointers returned.
type cStrings struct {
	data [][]byte
	ptrs []*byte
	lens []uint64
}

func newCStrings(values []string) *cStrings {
	c := &cStrings{}
	for _, v := range values {
		b := append([]byte(v), 0)
		c.data = append(c.data, b)
		c.ptrs = append(c.ptrs, unsafe.SliceData(b))
		c.lens = append(c.lens, uint64(len(v)))
	}
	return c
}

func (c *cStrings) count() int       { return len(c.ptrs) }
func (c *cStrings) pointers() **byte { return unsafe.SliceData(c.ptrs) }
func (c *cStrings) lengths() *uint64 { return unsafe.SliceData(c.lens) }

// cParams is a list of parameters as C sees it.
type cParams struct{ names, values *cStrings }

func newCParams(params []Param) cParams {
	names := make([]string, len(params))
	values := make([]string, len(params))
	for i, p := range params {
		names[i], values[i] = p.Name, p.Value
	}
	return cParams{names: newCStrings(names), values: newCStrings(values)}
}
