package nginx

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// commandTimeout bounds nginx -t and the reload.
const commandTimeout = 30 * time.Second

// run runs a command; the error holds the end of what it said.
func run(ctx context.Context, command []string) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, tail(out))
}

// tail is the end of what a program said, on one line, without times and
// processes: what fails again says the same again.
func tail(out []byte) string {
	const most = 600
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, line := range lines {
		lines[i] = undated(line)
	}
	text := strings.Join(lines, "; ")
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	return text
}

// undated takes time and process off a line of nginx's log:
// "2026/11/22 08:55:22 [emerg] 4520#4520: unknown directive".
func undated(line string) string {
	date, rest, found := strings.Cut(line, " [")
	level, said, levelled := strings.Cut(rest, "] ")
	process, said, told := strings.Cut(said, ": ")
	if !found || !levelled || !told || len(date) != len(time.DateTime) || !strings.Contains(process, "#") {
		return line
	}
	return "[" + level + "] " + said
}
