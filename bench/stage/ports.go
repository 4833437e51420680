package stage

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The programs' ports lie below those from which the kernel takes the local
// end of outgoing connections, so that a port stays free until its program
// listens, also while that program is down between two starts.
const (
	lowestPort  = 10000
	highestPort = 32000
)

// Address finds a port on loopback on which nobody listens and which this
// stage has not given away.
func (s *Stage) Address() (string, error) {
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if s.taken(port) {
			continue
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return address, listener.Close()
		}
	}
	return "", fmt.Errorf("no free port from %d to %d", lowestPort, highestPort)
}

// taken claims a port, and tells whether it was claimed before.
func (s *Stage) taken(port int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ports[port] {
		return true
	}
	s.ports[port] = true
	return false
}

// addresses is Address several times.
func (s *Stage) addresses(into ...*string) error {
	for _, a := range into {
		found, err := s.Address()
		if err != nil {
			return err
		}
		*a = found
	}
	return nil
}
