package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	commandTimeout = 5 * time.Second
	// maxCommand bounds what is sent at once, in bytes. HAProxy reads a command
	// into a buffer of 16 KiB unless tune.bufsize says otherwise.
	maxCommand = 7 << 10
	maxAnswer  = 4 << 20
)

// errRefused tells that HAProxy did not do what it was told.
var errRefused = errors.New("HAProxy refused")

// runtime is HAProxy's Runtime API at a unix socket.
type runtime struct{ socket string }

// run sends a line of commands, which may have semicolons between them and a
// payload at its end, and gives what HAProxy says.
func (r runtime) run(ctx context.Context, commands string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", r.socket)
	if err != nil {
		return "", fmt.Errorf("reach HAProxy: %w (is it running, with `stats socket %s level admin`?)", err, r.socket)
	}
	defer func() { _ = conn.Close() }() // HAProxy closes it after its answer
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, commands+"\n"); err != nil {
		return "", fmt.Errorf("tell HAProxy: %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("hear HAProxy: %w", err)
	}
	return string(answer), nil
}

// do is run for commands that have nothing to say unless they fail.
func (r runtime) do(ctx context.Context, commands string) error {
	answer, err := r.run(ctx, commands)
	if err == nil && strings.TrimSpace(answer) != "" {
		err = fmt.Errorf("%w: %.200s: %.200s", errRefused, commands, strings.TrimSpace(answer))
	}
	return err
}

// counts gives the number of entries of each map that HAProxy uses, by file.
func (r runtime) counts(ctx context.Context) (map[string]int, error) {
	answer, err := r.run(ctx, "show map")
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for line := range strings.Lines(answer) {
		// 7 (/etc/haproxy/a.map) pattern loaded from file … entry_cnt=3
		_, rest, _ := strings.Cut(line, " (")
		file, rest, ok := strings.Cut(rest, ") ")
		_, count, found := strings.Cut(rest, " entry_cnt=")
		n, err := strconv.Atoi(strings.TrimSpace(count))
		if ok && found && err == nil {
			counts[file] = n
		}
	}
	return counts, nil
}

// value looks up a key; "" is none.
func (r runtime) value(ctx context.Context, file, key string) (string, error) {
	answer, err := r.run(ctx, "get map "+file+" "+key)
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(answer, `value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value, nil
}

// replace puts lines into a map in place of all that it holds, at a stroke.
func (r runtime) replace(ctx context.Context, file string, lines []string) error {
	answer, err := r.run(ctx, "prepare map "+file)
	if err != nil {
		return err
	}
	version, ok := strings.CutPrefix(strings.TrimSpace(answer), "New version created: ")
	if !ok {
		return fmt.Errorf("%w: prepare map %s: %.200s", errRefused, file, strings.TrimSpace(answer))
	}
	add := "add map @" + version + " " + file + " <<\n"
	for chunk := range chunks(lines, "", maxCommand) {
		if err := r.do(ctx, add+chunk); err != nil {
			return err
		}
	}
	return r.do(ctx, "commit map @"+version+" "+file)
}

// chunks joins texts to pieces of at most so many bytes, as long as each of
// them is shorter.
func chunks(texts []string, between string, size int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var b strings.Builder
		for _, text := range texts {
			if b.Len() > 0 && b.Len()+len(between)+len(text) > size {
				if !yield(b.String()) {
					return
				}
				b.Reset()
			}
			if b.Len() > 0 {
				b.WriteString(between)
			}
			b.WriteString(text)
		}
		if b.Len() > 0 {
			yield(b.String())
		}
	}
}
