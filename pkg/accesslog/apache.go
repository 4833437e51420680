package accesslog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newApache compiles a LogFormat directive, or just its string, to a parser:
//
//	LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\"" combined
//
// See the documentation of mod_log_config. A directive that is not known here
// is read and left aside. %b is "-" both for an empty answer and where a
// condition on the status leaves it out: it is unknown then; %B, %O and %S tell
// more. %h is the client only while HostnameLookups is off.
func newApache(o Options) (Parser, error) {
	if strings.TrimSpace(o.Pattern) == "" {
		return nil, errors.New("no pattern: want the LogFormat directive as it stands in the configuration")
	}
	text, err := apacheDirective(o.Pattern)
	if err != nil {
		return nil, err
	}
	c := apacheCompiler{
		clientHeader: o.ClientHeader,
		behindProxy:  strings.Contains(text, "%{c}a") || strings.Contains(text, "%{c}h"),
		final:        strings.Contains(text, ">s"),
	}
	c.compile(text)
	return built(c.build(o, escapedHex))
}

// built makes nothing of a parser that could not be built.
func built(p *pattern, err error) (Parser, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// apacheDirective gives the format string of a directive.
func apacheDirective(directive string) (string, error) {
	text := strings.TrimSpace(directive)
	const keyword = "LogFormat"
	whole := len(text) > len(keyword) && strings.EqualFold(text[:len(keyword)], keyword)
	if whole {
		text = strings.TrimSpace(text[len(keyword):])
	}
	if quote := text[0]; quote == '"' || quote == '\'' {
		word, rest, ok := apacheQuoted(text[1:], quote)
		if !ok {
			return "", fmt.Errorf("LogFormat: no closing %c", quote)
		}
		if whole || strings.IndexByte(rest, '%') < 0 {
			text = word
		}
	}
	return apacheUnescape(text), nil
}

// apacheQuoted takes a quoted argument off the front of text, after its quote.
func apacheQuoted(text string, quote byte) (word, rest string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// apacheUnescape is what the backslashes of a format string stand for.
func apacheUnescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(text)
}

// apacheCompiler feeds a format string to a patternBuilder.
type apacheCompiler struct {
	patternBuilder
	clientHeader string
	behindProxy  bool   // the peer is logged beside the client that mod_remoteip found
	final        bool   // the status of the answer is logged, perhaps beside that of the original request
	moment       string // "begin" or "end": whose parts the last time had
}

// apacheField is one directive of a format string: %!200{name}>s.
type apacheField struct {
	verb     string // "s", or "^ti"
	argument string
	original bool // <
	final    bool // >
	some     bool // only for some statuses: else it is "-"
}

func (c *apacheCompiler) compile(text string) {
	for len(text) > 0 {
		at := strings.IndexByte(text, '%')
		if at < 0 {
			c.literal(text)
			return
		}
		if at > 0 {
			c.literal(text[:at])
		}
		field, rest, ok := apacheNext(text[at+1:])
		if !ok {
			c.fail(fmt.Errorf("%q: want %% followed by a directive of mod_log_config", text[at:min(len(text), at+12)]))
			return
		}
		c.add(field, text[at:len(text)-len(rest)])
		text = rest
	}
}

// apacheNext reads what follows a percent sign.
func apacheNext(text string) (f apacheField, rest string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '!' || ch == ',' || ch >= '0' && ch <= '9':
			f.some = true
		case ch == '<':
			f.original = true
		case ch == '>':
			f.final = true
		case ch == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return f, "", false
			}
			f.argument = text[i+1 : i+end]
			i += end
		case ch == '^' && len(text) >= i+3:
			f.verb = text[i : i+3]
			return f, text[i+3:], true
		default:
			f.verb = text[i : i+1]
			return f, text[i+1:], ch == '%' || ch|0x20 >= 'a' && ch|0x20 <= 'z'
		}
	}
	return f, "", false
}

func (c *apacheCompiler) add(f apacheField, name string) {
	switch {
	case f.verb == "%":
		c.literal("%")
	case f.verb == "t" && f.argument != "":
		c.time(name, f.argument)
	case f.verb == "t" && !f.some:
		c.literal("[")
		c.field(name, goal{role: timeRole, unit: unit{form: clf}})
		c.literal("]")
	default:
		c.field(name, c.goal(f))
	}
}

// time adds %{…}t: a layout of strftime, or seconds or a fraction of them.
func (c *apacheCompiler) time(name, argument string) {
	moment := "begin"
	if rest, ok := strings.CutPrefix(argument, "begin:"); ok {
		argument = rest
	} else if rest, ok := strings.CutPrefix(argument, "end:"); ok {
		argument, moment = rest, "end"
	}
	switch argument {
	case "msec":
		c.field(name, goal{role: timeRole, unit: unit{form: epoch, scale: milliseconds}})
		return
	case "usec":
		c.field(name, goal{role: timeRole, unit: unit{form: epoch, scale: microseconds}})
		return
	case "sec":
		argument = "%s"
	case "msec_frac", "usec_frac":
		argument = "%f"
	}
	if moment != c.moment && c.moment != "" {
		c.field(name, goal{})
		return
	}
	c.moment = moment
	c.timePart(name, argument)
}

// goal tells what a directive is.
func (c *apacheCompiler) goal(f apacheField) goal {
	switch f.verb {
	case "i":
		return headerGoal(f.argument, c.clientHeader)
	case "C":
		return cookieGoal(f.argument)
	case "e", "n", "x", "c":
		return apacheVariable(f.argument)
	case "a", "h":
		return c.address(f)
	case "s":
		if c.final && !f.final {
			return goal{}
		}
		return goal{role: numberRole, number: event.Status}
	case "D":
		return took(event.Duration, microseconds)
	case "T":
		scales := map[string]int{"ms": milliseconds, "us": microseconds, "s": seconds, "": seconds}
		return took(event.Duration, scales[f.argument])
	}
	return apacheGoals()[f.verb]
}

// address tells whose address it is: what mod_remoteip found, where the peer
// is logged too, or else the peer.
func (c *apacheCompiler) address(f apacheField) goal {
	if c.behindProxy && f.argument != "c" {
		return goal{role: clientRole}
	}
	return goal{role: peerRole}
}

// apacheVariable tells what a variable of a module is. A client cannot set
// one: its headers come as %{…}i.
func apacheVariable(name string) goal {
	switch strings.ToLower(name) {
	case "honeymoat_decision":
		return goal{role: decisionRole}
	case "unique_id":
		return textGoal(event.RequestID)
	case "ssl_protocol", "version":
		return textGoal(event.TLSVersion)
	case "geoip_country_code", "mm_country_code":
		return textGoal(event.Country)
	}
	return goal{}
}

// apacheGoals lists the directives without an argument.
func apacheGoals() map[string]goal {
	return map[string]goal{
		"b": {role: numberRole, number: event.ResponseBytes},
		"B": {role: numberRole, number: event.ResponseBytes},
		"O": {role: wireRole, number: event.ResponseBytes},
		"I": {role: wireRole, number: event.RequestBytes},
		"k": {role: countRole},
		"p": {role: countRole},
		"S": {role: countRole},
		"H": textGoal(event.Protocol),
		"L": textGoal(event.RequestID),
		"m": textGoal(event.Method),
		"q": {role: queryRole},
		"r": {role: requestRole},
		"u": {role: userRole},
		"U": textGoal(event.Path),
		"v": {role: hostRole},
		"V": {role: hostRole},
	}
}

func textGoal(f event.TextField) goal { return goal{role: textRole, text: f} }

// took is the goal of a duration of the given scale.
func took(f event.NumberField, scale int) goal {
	return goal{role: durationRole, number: f, unit: unit{scale: scale}}
}
