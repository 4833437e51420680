package receive

import (
	"encoding/binary"
	"net"
	"syscall"
)

// controlBytes is the room for what the kernel tells beside a packet.
const controlBytes = 64

// lost counts packets that the kernel dropped because nobody had read those
// before. The kernel tells their number so far with each packet that follows.
type lost struct{ known uint32 }

// countLost asks the kernel to tell.
func countLost(conn *net.UDPConn) (*lost, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return &lost{}, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RXQ_OVFL, 1)
	})
	if err == nil {
		err = failed
	}
	return &lost{}, err
}

// more is how many were lost since it was asked last.
func (l *lost) more(control []byte) int {
	if len(control) == 0 {
		return 0
	}
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_RXQ_OVFL && len(m.Data) >= 4 {
			now := binary.NativeEndian.Uint32(m.Data)
			more := now - l.known // it may wrap around
			l.known = now
			return int(more)
		}
	}
	return 0
}
