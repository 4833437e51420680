package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/honeymoat/honeymoat/pkg/config"
)

// tool is a small program.
func tool() *cobra.Command {
	root := Root("tool", "Does things.", "1.2.3")
	group := Group("things", "Works with things.")
	fail := &cobra.Command{Use: "fail WHAT", Args: Exactly(1), RunE: func(c *cobra.Command, args []string) error {
		switch args[0] {
		case "usage":
			return Usage(errors.New("a mistake of yours"))
		case "wrapped":
			return fmt.Errorf("deep down: %w", Usage(errors.New("a mistake of yours")))
		case "interrupt":
			<-c.Context().Done()
			return fmt.Errorf("read: %w", c.Context().Err())
		}
		return errors.New("it did not work")
	}}
	fail.Flags().Int("times", 1, "How often.")
	need := &cobra.Command{Use: "need", Run: func(*cobra.Command, []string) {}}
	need.Flags().String("reason", "", "Why.")
	Require(need, "reason")
	group.AddCommand(need, fail, &cobra.Command{Use: "many", Args: AtLeast(2), Run: func(*cobra.Command, []string) {}})
	root.AddCommand(group, ConfigCheck("TOOL_CONFIG", "A file.", func(file string) error {
		if file == "" {
			return nil
		}
		return errors.New(file + " is broken")
	}))
	return root
}

func TestMistakesBecomeExitCodes(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	f := func(ctx context.Context, line string, code int, wantOut, wantErr string) {
		t.Helper()
		var out, err bytes.Buffer
		got := Run(ctx, tool(), strings.Fields(line), Surroundings{In: strings.NewReader(""), Out: &out, Err: &err})
		if got != code || !strings.Contains(out.String(), wantOut) || !strings.Contains(err.String(), wantErr) || wantErr == "" && err.Len() > 0 {
			t.Errorf("%q: code %d, %q, %q", line, got, out.String(), err.String())
		}
	}
	f(t.Context(), "version", ExitOK, "tool 1.2.3\n", "")
	f(t.Context(), "", ExitOK, "Does things.", "")
	f(t.Context(), "things", ExitOK, "many", "")
	f(t.Context(), "config check", ExitOK, "the configuration is good\n", "")
	f(t.Context(), "config check --config x.yaml", ExitUsage, "", "tool: x.yaml is broken\n")
	f(t.Context(), "things fail it", ExitFailed, "", "tool: it did not work\n")
	f(t.Context(), "things fail usage", ExitUsage, "", "tool: a mistake of yours\n")
	f(t.Context(), "things fail wrapped", ExitUsage, "", "deep down")
	f(ended, "things fail interrupt", ExitFailed, "", "tool: interrupted\n")
	f(t.Context(), "things fail", ExitUsage, "", "see tool things fail --help")
	f(t.Context(), "things many one", ExitUsage, "", "see tool things many --help")
	f(t.Context(), "things fail x --times=often", ExitUsage, "", "see tool things fail --help")
	f(t.Context(), "things fail x --tims=2", ExitUsage, "", "see tool things fail --help")
	f(t.Context(), "things need --reason=x", ExitOK, "", "")
	f(t.Context(), "things need", ExitUsage, "", "tool: --reason is needed; see tool things need --help\n")
	f(t.Context(), "thing", ExitUsage, "", `tool has no command "thing"; did you mean things?`)
	f(t.Context(), "things fial", ExitUsage, "", `tool things has no command "fial"; did you mean fail?`)
	f(t.Context(), "things juggle", ExitUsage, "", `tool things has no command "juggle"; see tool things --help`)
	t.Setenv("TOOL_CONFIG", "y.yaml")
	f(t.Context(), "config check", ExitUsage, "", "y.yaml is broken")
}

func TestUsageKeepsWhatItMarks(t *testing.T) {
	if Usage(nil) != nil || IsUsage(nil) || IsUsage(os.ErrNotExist) {
		t.Error("no mistake was marked as one")
	}
	if err := Usage(os.ErrNotExist); !errors.Is(err, os.ErrNotExist) || !IsUsage(err) {
		t.Errorf("%v", err)
	}
}

func TestRunReloading(t *testing.T) {
	var log bytes.Buffer
	asked, reloads, failed := make(chan os.Signal), 0, errors.New("the end")
	err := RunReloading(t.Context(), asked, slog.New(slog.NewTextHandler(&log, nil)), func(context.Context) error {
		asked <- syscall.SIGHUP
		asked <- syscall.SIGHUP
		asked <- syscall.SIGHUP
		return failed
	}, func() error {
		if reloads++; reloads == 2 {
			return errors.New("a typo")
		}
		return nil
	})
	if !errors.Is(err, failed) || reloads < 2 || strings.Count(log.String(), "a typo") != 1 {
		t.Errorf("%v after %d reloads, told %s", err, reloads, &log)
	}
}

func TestMainHandsOverTheProcess(t *testing.T) {
	code := Main("1.2.3", func(ctx context.Context, version string, args []string, around Surroundings) int {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Error(err)
		}
		if got := <-around.Reload; got != syscall.SIGHUP || ctx.Err() != nil {
			t.Errorf("a hang-up came as %v, context %v", got, ctx.Err())
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		if version != "1.2.3" || len(args) != len(os.Args)-1 || around.Out != os.Stdout {
			t.Errorf("%s %v %+v", version, args, around)
		}
		return 7
	})
	if code != 7 {
		t.Errorf("code %d", code)
	}
}

func TestNewLogger(t *testing.T) {
	f := func(c config.Log, want string) {
		t.Helper()
		var to bytes.Buffer
		log := NewLogger(&to, c)
		log.Debug("low")
		log.Warn("high")
		if !strings.Contains(to.String(), want) || strings.Contains(to.String(), "low") != (c.Level == "debug") {
			t.Errorf("%+v wrote %s", c, &to)
		}
	}
	f(config.Log{Level: "info", Format: "text"}, "level=WARN msg=high")
	f(config.Log{Level: "debug", Format: "json"}, `"level":"WARN","msg":"high"`)
}
