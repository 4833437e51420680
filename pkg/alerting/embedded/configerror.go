package embedded

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// ConfigError says what is wrong with a configuration file, or with a template
// that it names.
type ConfigError struct {
	File string
	Line int // from 1; 0 when the mistake has no one place
	Hint string
	Err  error
}

func (e *ConfigError) Error() string {
	where := e.File
	if e.Line > 0 {
		where += ":" + strconv.Itoa(e.Line)
	}
	if e.Hint == "" {
		return fmt.Sprintf("%s: %v", where, e.Err)
	}
	return fmt.Sprintf("%s: %v (%s)", where, e.Err, e.Hint)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// newConfigError locates err, which is what Alertmanager says of file.
func newConfigError(file string, err error) *ConfigError {
	e := &ConfigError{File: file, Err: err, Hint: hint(err.Error())}
	text, readErr := os.ReadFile(file)
	if readErr != nil {
		return e
	}
	e.Line = line(err.Error(), string(text))
	return e
}

// templateError locates a parser's message of the form "template: name:3: …".
func templateError(files []string, err error) *ConfigError {
	e := &ConfigError{
		File: strings.Join(files, ", "), Err: err,
		Hint: "check the template; text/template's documentation has the syntax",
	}
	at := regexp.MustCompile(`template: ([^:\s]+):(\d+)`).FindStringSubmatch(err.Error())
	if at == nil {
		return e
	}
	for _, f := range files {
		if strings.HasSuffix(f, at[1]) {
			e.File = f
			e.Line, _ = strconv.Atoi(at[2])
		}
	}
	return e
}

// line finds the line of a mistake: the one that the YAML parser names, else
// the last that holds the value that the message quotes (definitions stand
// before or after their uses; what is undefined is only used).
func line(message, text string) int {
	if at := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(message); at != nil {
		n, _ := strconv.Atoi(at[1])
		return n
	}
	quoted := regexp.MustCompile(`"([^"]+)"`).FindStringSubmatch(message)
	if quoted == nil {
		return 0
	}
	found := 0
	for i, l := range strings.Split(text, "\n") {
		content, _, _ := strings.Cut(l, "#")
		if strings.Contains(content, quoted[1]) {
			found = i + 1
		}
	}
	return found
}

// hint pairs what Alertmanager says with what helps.
func hint(message string) string {
	for _, h := range [...]struct{ says, helps string }{
		{"undefined receiver", "add it under receivers:, or correct the name in the route"},
		{"undefined time interval", "add it under time_intervals:, or correct the name"},
		{"not found in type", "no such key here: check its spelling and indentation"},
		{"already set in", "the key stands twice: keep one"},
		{"is not unique", "two have this name: rename one"},
		{"no route provided", "a configuration needs a route: with a receiver:"},
		{"root route must specify", "name a receiver: in the top route"},
		{"root route must not have any matchers", "put matchers: into a route under routes:"},
		{"smarthost", "set smtp_smarthost: host:port under global:"},
		{"SMTP from", "set smtp_from: under global:"},
		{"no such file", "check the path; relative paths start from the directory of this file"},
		{"permission denied", "make the file readable to honeymoat's user"},
		{"bad matcher", `write matchers as 'tier="page"'`},
		{"not a valid duration", "write durations as 30s, 5m or 12h"},
		{"did not find expected", "YAML indentation or quoting: two spaces a level, no tabs"},
		{"cannot start any token", "YAML has no tabs: indent with spaces"},
		{"mapping values are not allowed", "quote a value that holds a colon"},
		{"cannot unmarshal", "the value is of another type than this key takes"},
	} {
		if strings.Contains(message, h.says) {
			return h.helps
		}
	}
	return ""
}
