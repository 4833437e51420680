package match

// dfa tells of a text of ASCII in one pass whether any of several regular
// expressions is found in it. It is a table of next states by state and class
// of byte; a state is the place of its row in the table.
type dfa struct {
	classes [256]uint8
	next    []uint16
	start   uint16
	end     uint16 // the class of the end of a text
	last    uint16 // of the states in which nothing is read any more
}

// The states in which nothing is read any more stand in the first rows.
const (
	foundRow   = iota // an expression is found
	missingRow        // none can be found any more
	foreignRow        // the text is not of ASCII
	firstRow
)

// judgement is what a dfa says about a text.
type judgement uint8

const (
	isFound judgement = iota
	isMissing
	isForeign // this text is not for it
)

// judge reads a text.
func (d *dfa) judge(v []byte) judgement {
	next, classes, state := d.next, &d.classes, d.start
	for _, c := range v {
		state = next[state+uint16(classes[c])]
		if state <= d.last {
			return judgement(state / (d.end + 1))
		}
	}
	if next[state+d.end] == 0 {
		return isFound
	}
	return isMissing
}
