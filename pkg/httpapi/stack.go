package httpapi

import "runtime/debug"

// maxStack bounds the stack in the log of a panic, in bytes.
const maxStack = 8 << 10

func stack() string {
	s := debug.Stack()
	return string(s[:min(len(s), maxStack)])
}
