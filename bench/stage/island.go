package stage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
)

// Island is a network namespace which one pair of virtual interfaces links
// with this machine: what runs there is cut off and linked again as by a
// cable that is pulled. It needs root.
type Island struct {
	// Host is the address of this machine as those on the island reach it.
	Host string

	name  string
	shore string // the interface on this machine; that on the island is islandPort
}

// islandPort is the interface on an island.
const islandPort = "port"

// Island makes an island, which goes with the stage. Programs on it have to
// be stopped before, as those that start later are.
func (s *Stage) Island(ctx context.Context) (*Island, error) {
	id := fmt.Sprintf("%08x", rand.Uint32())
	network, err := freeNetwork()
	if err != nil {
		return nil, err
	}
	i := &Island{Host: network + ".1", name: "honeymoat-" + id, shore: "hm" + id}
	s.onClose(i.sink)
	for _, args := range [][]string{
		{"netns", "add", i.name},
		{"link", "add", i.shore, "type", "veth", "peer", "name", islandPort, "netns", i.name},
		{"address", "add", i.Host + "/30", "dev", i.shore},
		{"link", "set", i.shore, "up"},
		{"-n", i.name, "address", "add", network + ".2/30", "dev", islandPort},
		{"-n", i.name, "link", "set", "lo", "up"},
		{"-n", i.name, "link", "set", islandPort, "up"},
	} {
		if err := ip(ctx, args...); err != nil {
			return nil, fmt.Errorf("make an island: %w", err)
		}
	}
	return i, nil
}

// freeNetwork is the first three parts of an IPv4 network that no interface of
// this machine is in.
func freeNetwork() (string, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("look for a free network: %w", err)
	}
	for range 100 {
		network := fmt.Sprintf("10.203.%d", rand.IntN(256))
		taken := false
		for _, a := range addresses {
			taken = taken || strings.HasPrefix(a.String(), network+".")
		}
		if !taken {
			return network, nil
		}
	}
	return "", errors.New("look for a free network: all of 10.203.0.0/16 is taken")
}

// Cut pulls the cable: nothing comes through, and nobody is told.
func (i *Island) Cut(ctx context.Context) error {
	return ip(ctx, "-n", i.name, "link", "set", islandPort, "down")
}

// Mend puts the cable back.
func (i *Island) Mend(ctx context.Context) error {
	return ip(ctx, "-n", i.name, "link", "set", islandPort, "up")
}

// Settle moves an agent that has not been started to the island.
func (i *Island) Settle(a *Agent) {
	a.args = append([]string{"ip", "netns", "exec", i.name}, a.args...)
}

// sink takes the island away, as far as it was made.
func (i *Island) sink() error {
	ctx := context.Background()
	var err error
	if _, gone := net.InterfaceByName(i.shore); gone == nil {
		err = ip(ctx, "link", "delete", i.shore) // and the other end of the pair
	}
	if _, gone := os.Stat("/run/netns/" + i.name); gone == nil {
		err = errors.Join(err, ip(ctx, "netns", "delete", i.name))
	}
	return err
}

func ip(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
