package stage

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"
)

// reach tells whether a program on the island can connect with this machine.
func reach(ctx context.Context, i *Island, port string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "ip", "netns", "exec", i.name, "bash", "-c", "exec 3<>/dev/tcp/"+i.Host+"/"+port).Run()
}

func TestIslandIsCutOffAndMended(t *testing.T) {
	s := &Stage{dir: t.TempDir(), ports: map[int]bool{}}
	i, err := s.Island(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", i.Host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	reached := func(ctx context.Context) error { return reach(ctx, i, port) }
	if err := Until(patient(t), "this machine is reached", reached); err != nil {
		t.Error(err)
	}
	if err := i.Cut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if reach(t.Context(), i, port) == nil {
		t.Error("the island is not cut off")
	}
	if err := i.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := Until(patient(t), "it is reached again", reached); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := net.InterfaceByName(i.shore); err == nil {
		t.Error("the interface is still there")
	}
}
