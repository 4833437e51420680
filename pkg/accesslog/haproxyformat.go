package accesslog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newHAProxyFormat compiles a log-format directive, or just its string:
//
//	log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %{+Q}r"
//
// See "Custom log format" in HAProxy's manual. A variable or expression that is
// not known here is read and left aside; of two that stand together, such as
// the captures %hr and %hs, HAProxy leaves out the space between where one is
// empty: give them quotes. Lines may have syslog's words before them.
func newHAProxyFormat(o Options) (Parser, error) {
	text := strings.TrimSpace(o.Pattern)
	for _, keyword := range []string{"log-format-sd", "log-format"} {
		if rest, ok := strings.CutPrefix(text, keyword); ok {
			text = haproxyArgument(strings.TrimSpace(rest))
			break
		}
	}
	c := haproxyCompiler{clientHeader: o.ClientHeader}
	for len(text) > 0 {
		at := strings.IndexByte(text, '%')
		if at < 0 {
			c.literal(text)
			break
		}
		if at > 0 {
			c.literal(text[:at])
		}
		rest, err := c.variable(text[at+1:])
		if err != nil {
			return nil, fmt.Errorf("%.24q: %w", text[at:], err)
		}
		text = rest
	}
	p, err := c.build(o, escapedHash)
	if err != nil {
		return nil, err
	}
	return &afterSyslog{p}, nil
}

// haproxyArgument takes the quotes and backslashes off a directive's argument.
func haproxyArgument(text string) string {
	if len(text) > 1 && text[0] == '\'' && text[len(text)-1] == '\'' {
		return text[1 : len(text)-1]
	}
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\ `, " ", `\t`, "\t").Replace(text)
}

// haproxyCompiler feeds a log-format to a patternBuilder.
type haproxyCompiler struct {
	patternBuilder
	clientHeader string
	quoted       bool // %{+Q}o: all that follows comes in quotes
}

// variable adds the one at the front of text, after its percent sign:
// {flags}name, (name){flags}[expression], or a second sign.
func (c *haproxyCompiler) variable(text string) (rest string, err error) {
	if rest, ok := strings.CutPrefix(text, "%"); ok {
		c.literal("%")
		return rest, nil
	}
	flags, text, err := bracketed(text, '{', '}', nil)
	if err == nil {
		_, text, err = bracketed(text, '(', ')', err)
	}
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(text, "[") {
		expression, rest, err := bracketed(text, '[', ']', nil)
		c.value("%["+expression+"]", flags, c.expression(expression))
		return rest, err
	}
	end := 0
	for end < len(text) && (text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z') {
		end++
	}
	name := text[:end]
	switch {
	case name == "":
		return "", errors.New("want a variable such as %ci or %[src]")
	case name == "o":
		c.quoted = strings.Contains(flags, "+Q") || c.quoted && !strings.Contains(flags, "-Q")
		if len(c.slots) == 0 {
			return strings.TrimLeft(text[end:], " "), nil
		}
	default:
		c.value("%"+name, flags, haproxyGoals()[name])
	}
	return text[end:], nil
}

// bracketed takes a part in brackets off the front of text, if there is one.
// Brackets nest.
func bracketed(text string, open, end byte, err error) (inner, rest string, _ error) {
	if err != nil || text == "" || text[0] != open {
		return "", text, err
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], nil
			}
		}
	}
	return "", "", fmt.Errorf("no closing %c", end)
}

// value adds a field, with the quotes that its flags ask for.
func (c *haproxyCompiler) value(name, flags string, g goal) {
	quoted := strings.Contains(flags, "+Q") || c.quoted && !strings.Contains(flags, "-Q")
	if quoted {
		c.literal(`"`)
	}
	if g.role == timeRole && g.unit.form == layout {
		c.timePart(name, g.unit.layout)
	} else {
		c.field(name, g)
	}
	if quoted {
		c.literal(`"`)
	}
}

// expression tells what a sample expression is, if it is a plain one.
func (c *haproxyCompiler) expression(text string) goal {
	fetch, _, _ := strings.Cut(text, ",")
	name, argument, _ := strings.Cut(strings.TrimSuffix(fetch, ")"), "(")
	argument, _, _ = strings.Cut(argument, ",")
	switch name {
	case "src", "fc_src":
		return goal{role: peerRole}
	case "method", "status", "path", "query", "unique-id", "ssl_fc_protocol":
		return haproxyFetches()[name]
	case "pathq", "url", "capture.req.uri":
		return goal{role: uriRole}
	case "req.hdr", "req.fhdr", "hdr", "fhdr", "req.hdrs":
		return headerGoal(argument, c.clientHeader)
	case "req.cook", "cook":
		return cookieGoal(argument)
	case "var":
		return c.txn(argument)
	}
	return goal{}
}

// txn tells what a variable holds, by its name: a configuration keeps a header
// for the log in one that is called like it.
func (c *haproxyCompiler) txn(name string) goal {
	_, name, _ = strings.Cut(name, ".")
	if name == "honeymoat_decision" {
		return goal{role: decisionRole}
	}
	return headerGoal(name, c.clientHeader)
}

func haproxyFetches() map[string]goal {
	return map[string]goal{
		"method":          textGoal(event.Method),
		"status":          {role: numberRole, number: event.Status},
		"path":            textGoal(event.Path),
		"query":           {role: queryRole},
		"unique-id":       textGoal(event.RequestID),
		"ssl_fc_protocol": textGoal(event.TLSVersion),
	}
}

// haproxyGoals lists the variables. The time to connect and the time until the
// answer began are the upstream's.
func haproxyGoals() map[string]goal {
	at := func(format string) goal { return goal{role: timeRole, unit: unit{form: layout, layout: format}} }
	zoned := goal{role: timeRole, unit: unit{form: clf}}
	wait := goal{role: sumRole, number: event.UpstreamDuration, unit: unit{scale: milliseconds}}
	return map[string]goal{
		"ci":   {role: peerRole},
		"cp":   {role: countRole},
		"B":    {role: wireRole, number: event.ResponseBytes},
		"U":    {role: wireRole, number: event.RequestBytes},
		"ST":   {role: numberRole, number: event.Status},
		"Ta":   took(event.Duration, milliseconds),
		"Tt":   took(event.Duration, milliseconds),
		"Tc":   wait,
		"Tr":   wait,
		"tr":   at("%d/%b/%Y:%H:%M:%S.%f"),
		"t":    at("%d/%b/%Y:%H:%M:%S.%f"),
		"T":    zoned,
		"trg":  zoned,
		"Tl":   zoned,
		"trl":  zoned,
		"Ts":   {role: timeRole, unit: unit{form: epoch, scale: seconds}},
		"r":    {role: requestRole},
		"HM":   textGoal(event.Method),
		"HU":   {role: uriRole},
		"HP":   textGoal(event.Path),
		"HPO":  textGoal(event.Path),
		"HQ":   {role: queryRole},
		"HV":   textGoal(event.Protocol),
		"ID":   textGoal(event.RequestID),
		"sslv": textGoal(event.TLSVersion),
	}
}
