package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/store/embedded"
)

// regexpLines is how many lines the engine gets: they lie in its memory.
const regexpLines = 500_000

// combinedRegexp takes a combined line apart, as people do in SQL.
const combinedRegexp = `^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] "(\\S+) (\\S+) ([^"]+)" (\\d+) (\\d+|-) "([^"]*)" "([^"]*)"`

// measureRegexp has the engine's own regular expression read the lines, in the
// way of those who keep logs in ClickHouse as text. The lines are in a table
// in the engine's memory before; only the query is timed, on all cores.
func measureRegexp(ctx context.Context, o options) (w work, err error) {
	dir, err := os.MkdirTemp(o.dir, "regexp-")
	if err != nil {
		return w, err
	}
	engine := embedded.New(embedded.Options{
		Command: []string{filepath.Join(o.bin, "honeymoat"), "engine"}, DataDir: dir, Listen: "127.0.0.1:0",
	}, slog.New(slog.DiscardHandler))
	end := background(ctx, engine.Run)
	defer func() { err = errors.Join(err, end()) }()
	if err := engine.Ready(ctx); err != nil {
		return w, err
	}
	var lines bytes.Buffer
	count, err := head(&lines, logFile(o.dir), regexpLines)
	if err != nil {
		return w, err
	}
	for _, step := range []struct {
		sql  string
		data []byte
	}{
		{"CREATE TABLE default.raw (line String) ENGINE = Memory", nil},
		{"INSERT INTO default.raw FORMAT LineAsString", lines.Bytes()},
	} {
		if _, err := ask(ctx, engine, step.sql, step.data); err != nil {
			return w, err
		}
	}
	m, err := startMeter("", "regexp")
	if err != nil {
		return w, err
	}
	found, err := ask(ctx, engine, "SELECT countIf(length(f) = 10 AND f[1] != '') FROM (SELECT extractGroups(line, '"+combinedRegexp+"') AS f FROM default.raw)", nil)
	if err != nil {
		return w, err
	}
	if found != fmt.Sprint(count) {
		return w, fmt.Errorf("the expression matches %s of %d lines", found, count)
	}
	return m.stop(count)
}

// head copies the first lines of a file, and counts them.
func head(to io.Writer, path string, most int) (lines int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // read only
	for from := bufio.NewReaderSize(f, 1<<20); lines < most; lines++ {
		line, err := from.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return lines, err
		}
		if _, err := to.Write(line); err != nil {
			return lines, err
		}
	}
	return lines, nil
}

// ask sends a statement as the engine's service account.
func ask(ctx context.Context, e *embedded.Engine, sql string, data []byte) (string, error) {
	address := "http://" + e.Addr() + "/?query=" + url.QueryEscape(sql)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(e.Credentials())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%.60s: %s: %s", sql, resp.Status, text)
	}
	return strings.TrimSpace(string(text)), err
}
