package agentcli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/app/gateway"
	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/command"
)

// output may be written and read at the same time.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func execute(ctx context.Context, in string, reload <-chan os.Signal, args ...string) (code int, out, err *output) {
	out, err = new(output), new(output)
	code = Run(ctx, "1.2.3", args, command.Surroundings{In: strings.NewReader(in), Out: out, Err: err, Reload: reload})
	return code, out, err
}

// settled makes a configuration in a directory whose path is short enough for
// a socket, and gives the name of its file.
func settled(t *testing.T, more string) (dir, file string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "hm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file = filepath.Join(dir, "agent.yaml")
	text := fmt.Sprintf("state_dir: %[1]s\nenforce: {listen: 'unix:%[1]s/agent.sock'}\n%[2]s\n", dir, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func TestCommands(t *testing.T) {
	_, good := settled(t, "")
	_, bad := settled(t, "trnsport: http")
	catalogue, wrongDecoy := settled(t, "")
	if err := os.WriteFile(filepath.Join(catalogue, "decoys.yml"), []byte("version: 9"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(wrongDecoy, []byte("decoys: {catalogue: "+catalogue+"/decoys.yml}"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(wantCode int, wantOut, wantErr string, args ...string) {
		t.Helper()
		code, out, err := execute(t.Context(), "", nil, args...)
		if code != wantCode || !strings.Contains(out.String(), wantOut) || !strings.Contains(err.String(), wantErr) {
			t.Errorf("%v: code %d, %q, %q", args, code, out, err)
		}
	}
	f(command.ExitOK, "honeymoat-agent 1.2.3", "", "version")
	f(command.ExitOK, "the configuration is good", "", "config", "check")
	f(command.ExitOK, "the configuration is good", "", "config", "check", "--config", good)
	f(command.ExitUsage, "", `agent.yaml:3:1: `, "config", "check", "--config", bad)
	f(command.ExitUsage, "", `did you mean "transport"?`, "run", "--config", bad)
	f(command.ExitUsage, "", "decoys.yml:1:", "config", "check", "--config", wrongDecoy)
	f(command.ExitUsage, "", "decoys.yml:1:", "run", "--config", wrongDecoy)
	f(command.ExitUsage, "", "no such file", "run", "--config", good+".none")
	f(command.ExitUsage, "", "--help", "run", "--loudly")
	f(command.ExitUsage, "", "--help", "run", "now")
	f(command.ExitFailed, "", "honeymoat-agent enroll", "run", "--config", good)
	f(command.ExitUsage, "", "is not an address", "decide", "everybody", "--config", good)
	f(command.ExitOK, "192.0.2.7: pass\n  because there are no blocks to go by yet, and the route fails open\n  by the saved state", "", "decide", "192.0.2.7", "--config", good)
	f(command.ExitUsage, "", `want "Name: value"`, "decide", "192.0.2.7", "--header", "x", "--config", good)
	f(command.ExitOK, `"decision": "pass"`, "", "decide", "192.0.2.7", "--json", "--user", "alice", "--config", good)
	f(command.ExitOK, "the agent does not run", "", "blocks", "--config", good)
	f(command.ExitOK, `"saved": true`, "", "blocks", "--json", "--target", "192.0.2.0/24", "--config", good)
	f(command.ExitFailed, "", "want an address such as", "blocks", "--target", "nonsense", "--config", good)
	f(command.ExitFailed, "", "malformed enrolment token", "enroll", "--config", good, "--url", "https://127.0.0.1:1")
	f(command.ExitFailed, "", "malformed enrolment token", "enroll", "--config", good, "--url", "https://127.0.0.1:1", "--token", "x")
}

func TestTokenComesFromStandardInput(t *testing.T) {
	_, file := settled(t, "")
	token := "hm1." + strings.Repeat("0", 64) + ".secret"
	code, _, err := execute(t.Context(), token+"\n", nil, "enroll", "--config", file, "--url", "https://127.0.0.1:1")
	if code != command.ExitFailed || !strings.Contains(err.String(), "connection refused") || strings.Contains(err.String(), "secret") {
		t.Errorf("%d %s", code, err)
	}
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRunReloadsAndStops(t *testing.T) {
	dir, file := settled(t, "")
	ca, err := auth.NewAuthority("honeymoat", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c := gateway.Credential{URL: "https://127.0.0.1:1", Enrolment: block.Enrolment{Name: "edge", Secret: "s", CAPEM: string(ca.CertPEM())}}
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reload := make(chan os.Signal)
	said, code := new(output), make(chan int, 1)
	go func() {
		code <- Run(ctx, "1.2.3", []string{"run", "--config", file}, command.Surroundings{In: strings.NewReader(""), Out: said, Err: said, Reload: reload})
	}()
	await(t, "the agent to enforce", func() bool {
		conn, err := net.Dial("unix", filepath.Join(dir, "agent.sock"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	if _, out, _ := execute(ctx, "", nil, "decide", "192.0.2.7", "--config", file); !strings.HasPrefix(out.String(), "192.0.2.7: pass\n") || strings.Contains(out.String(), "saved") {
		t.Errorf("decide: %s", out)
	}
	reload <- syscall.SIGHUP
	await(t, "a reload", func() bool { return strings.Contains(said.String(), "msg=reloaded") })
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(good, "alow: [192.0.2.7]\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	reload <- syscall.SIGHUP
	await(t, "a refused reload", func() bool { return strings.Contains(said.String(), "not reloaded") })
	if err := os.WriteFile(file, append(good, "transport: http\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	reload <- syscall.SIGHUP
	await(t, "a hint to restart", func() bool { return strings.Contains(said.String(), "take a restart") })
	stop()
	if got := <-code; got != command.ExitOK {
		t.Errorf("code %d: %s", got, said)
	}
	if strings.Contains(said.String(), "agent.edge.s") {
		t.Error("the credential is in the log")
	}
}

func TestProgramIsComplete(t *testing.T) {
	text := Program().Markdown()
	for _, want := range []string{"honeymoat-agent enroll", "honeymoat-agent decide ADDRESS", "`enforce.listen`", configEnv, "credential.json"} {
		if !strings.Contains(text, want) {
			t.Errorf("the reference does not tell of %s", want)
		}
	}
}
