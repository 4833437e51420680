package embedded

import (
	"fmt"
	"os"
	"path/filepath"
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
	e := &ConfigError{File: file, Err: err, Hint: adviceFor(err.Error()).helps}
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
// the last that holds what the message is about (what is undefined or stands
// twice has its last mention where the mistake is).
func line(message, text string) int {
	if at := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(message); at != nil {
		n, _ := strconv.Atoi(at[1])
		return n
	}
	subject := subjectOf(message)
	if subject == "" {
		return 0
	}
	found := 0
	for i, l := range strings.Split(text, "\n") {
		content, _, _ := strings.Cut(l, "#")
		if strings.Contains(content, subject) {
			found = i + 1
		}
	}
	return found
}

// subjectOf gives the words of the file that a message is about: those that
// its advice names, a file that cannot be opened, or what it quotes.
func subjectOf(message string) string {
	if a := adviceFor(message); a.near != "" {
		return a.near
	}
	if at := regexp.MustCompile(`open (\S+): `).FindStringSubmatch(message); at != nil {
		return filepath.Base(at[1])
	}
	if at := regexp.MustCompile(`bad matcher format: (.+)`).FindStringSubmatch(message); at != nil {
		return at[1]
	}
	if at := regexp.MustCompile(`"([^"]+)"`).FindStringSubmatch(message); at != nil {
		return at[1]
	}
	return ""
}

// advice pairs a part of what Alertmanager says with what helps.
type advice struct {
	says, helps string
	near        string // the key that is at fault, when the message names no value
}

func adviceFor(message string) advice {
	for _, a := range [...]advice{
		{says: "undefined receiver", helps: "add it under receivers:, or correct the name in the route"},
		{says: "undefined time interval", helps: "add it under time_intervals:, or correct the name"},
		{says: "not found in type", helps: "no such key here: check its spelling and indentation"},
		{says: "already set in", helps: "the key stands twice: keep one"},
		{says: "is not unique", helps: "two have this name: rename one"},
		{says: "no route", helps: "a configuration needs a route: with a receiver:"},
		{says: "root route must specify", helps: "name a receiver: in the top route", near: "route:"},
		{says: "root route must not have any matchers", helps: "put matchers: into a route under routes:", near: "matchers:"},
		{says: "smarthost", helps: "set smtp_smarthost: host:port under global:", near: "email_configs:"},
		{says: "SMTP from", helps: "set smtp_from: under global:", near: "email_configs:"},
		{says: "no such file", helps: "check the path; relative paths start from the directory of this file"},
		{says: "permission denied", helps: "make the file readable to honeymoat's user"},
		{says: "bad matcher", helps: `write matchers as 'tier="page"'`},
		{says: "not a valid duration", helps: "write durations as 30s, 5m or 12h"},
		{says: "did not find expected", helps: "YAML indentation or quoting: two spaces a level, no tabs"},
		{says: "cannot start any token", helps: "YAML has no tabs: indent with spaces"},
		{says: "mapping values are not allowed", helps: "quote a value that holds a colon"},
		{says: "cannot unmarshal", helps: "the value is of another type than this key takes"},
	} {
		if strings.Contains(message, a.says) {
			return a
		}
	}
	return advice{}
}
