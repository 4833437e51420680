package match

import (
	"encoding/binary"
	"regexp/syntax"
)

// alike gives for each place of a program the first one from which the same is
// found: alternatives that end alike go on together. Places are told apart by
// what they do, then by where they lead to, until that tells no more.
func alike(prog *syntax.Prog) []uint32 {
	groups := make([]uint32, len(prog.Inst))
	count := regroup(groups, func(key []byte, at uint32) []byte { return appendDoing(key, &prog.Inst[at]) })
	for {
		before := append([]uint32(nil), groups...)
		now := regroup(groups, func(key []byte, at uint32) []byte {
			key = binary.AppendUvarint(key, uint64(before[at]))
			for _, to := range leadsTo(&prog.Inst[at]) {
				key = binary.AppendUvarint(key, uint64(before[to]))
			}
			return key
		})
		if now == count {
			return groups
		}
		count = now
	}
}

// regroup gives each place the first one with the same key, and counts those.
func regroup(groups []uint32, key func(dst []byte, at uint32) []byte) (count int) {
	first := map[string]uint32{}
	var scratch []byte
	for at := range groups {
		scratch = key(scratch[:0], uint32(at))
		if _, ok := first[string(scratch)]; !ok {
			first[string(scratch)] = uint32(at)
		}
		groups[at] = first[string(scratch)]
	}
	return len(first)
}

// appendDoing appends what an instruction does, aside from where it leads to.
func appendDoing(key []byte, in *syntax.Inst) []byte {
	key = append(key, byte(in.Op))
	switch in.Op {
	case syntax.InstCapture, syntax.InstAlt, syntax.InstAltMatch:
		return key
	}
	key = binary.AppendUvarint(key, uint64(in.Arg))
	for _, r := range in.Rune {
		key = binary.AppendVarint(key, int64(r))
	}
	return key
}

// leadsTo are the places behind an instruction.
func leadsTo(in *syntax.Inst) []uint32 {
	switch in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return []uint32{in.Out, in.Arg}
	case syntax.InstMatch, syntax.InstFail:
		return nil
	}
	return []uint32{in.Out}
}
