package behaviour

// owners remember to whom objects belong: to who asked for them with success
// first, and again. They forget the least sure first.
type owners struct {
	slots []uint64 // 28 bits of the object, 28 of the owner, 8 how sure
}

const (
	ways     = 4 // slots in which an object may lie
	partBits = 28
	partMask = 1<<partBits - 1
	sureMask = 0xff
	sureMost = 200
)

// relation is an actor's to an object.
type relation uint8

const (
	unclaimed relation = iota
	own
	others
)

func newOwners(n int) *owners {
	size := ways
	for size < n {
		size *= 2
	}
	return &owners{slots: make([]uint64, size)}
}

// ask tells whose an object is. What is given counts for who it is given to,
// unless he may not claim it: who reads everything owns nothing.
func (o *owners) ask(object, actor uint64, given, mayClaim bool) relation {
	base := int(object) & (len(o.slots) - 1) &^ (ways - 1)
	tag, who := object>>(64-partBits), actor>>(64-partBits)
	weakest := base
	for i := base; i < base+ways; i++ {
		slot := o.slots[i]
		if slot&sureMask != 0 && slot>>(partBits+8) == tag {
			return o.met(i, who, given, mayClaim)
		}
		if slot&sureMask < o.slots[weakest]&sureMask {
			weakest = i
		}
	}
	if given && mayClaim {
		if sure := o.slots[weakest] & sureMask; sure > 1 {
			o.slots[weakest]--
		} else {
			o.slots[weakest] = tag<<(partBits+8) | who<<8 | 1
		}
	}
	return unclaimed
}

func (o *owners) met(i int, who uint64, given, mayClaim bool) relation {
	slot := o.slots[i]
	sure := slot & sureMask
	if slot>>8&partMask == who {
		if given && sure < sureMost {
			o.slots[i]++
		}
		return own
	}
	if given && mayClaim {
		if sure > 1 {
			o.slots[i]--
		} else {
			o.slots[i] = slot&^(partMask<<8) | who<<8
		}
	}
	return others
}
