package accesslog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newEnvoy compiles a text format string of Envoy's access log, or without one
// reads Envoy's default format and Istio's. See the access log documentation
// for the command operators; one that is not known here is read and left aside.
//
// Envoy escapes nothing that a client sends. Where that allows two readings
// with different addresses, none is taken; with
// %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% ahead of the headers there is
// only one. In the default format the only address is X-Forwarded-For, see
// Options.ForwardedAppended. The request id is Envoy's own unless
// preserve_external_request_id is set.
func newEnvoy(o Options) (Parser, error) {
	if strings.TrimSpace(o.Pattern) != "" {
		return built(envoyPattern(o, o.Pattern))
	}
	plain, err := envoyPattern(o, envoyDefault)
	if err != nil {
		return nil, err
	}
	istio, err := envoyPattern(o, istioDefault)
	return &envoy{plain, istio}, err
}

const (
	envoyDefault = `[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ` +
		`%BYTES_RECEIVED% %BYTES_SENT% %DURATION% ` + envoyHeaders
	istioDefault = `[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ` +
		`%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" ` +
		`%BYTES_RECEIVED% %BYTES_SENT% %DURATION% ` + envoyHeaders + ` %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% ` +
		`%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%`
	envoyHeaders = `%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" ` +
		`"%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"`
)

// envoy reads the two formats that Envoy writes where nobody chose one. Their
// last field tells them apart, in which a client has no say: it could make one
// look like the other anywhere else.
type envoy struct{ plain, istio *pattern }

// Parse implements Parser.
func (e *envoy) Parse(record []byte, b *event.Batch) Reason {
	if record[len(record)-1] == '"' {
		return e.plain.Parse(record, b)
	}
	return e.istio.Parse(record, b)
}

func envoyPattern(o Options, text string) (*pattern, error) {
	if !strings.Contains(text, "START_TIME_LOCAL") {
		o.Zone = time.UTC // whatever the host's zone
	}
	c := envoyCompiler{clientHeader: o.ClientHeader, waits: strings.Contains(strings.ToUpper(text), "UPSTREAM-SERVICE-TIME")}
	for text = strings.TrimRight(text, "\r\n"); len(text) > 0; {
		at := strings.IndexByte(text, '%')
		if at < 0 {
			c.literal(text)
			break
		}
		if at > 0 {
			c.literal(text[:at])
		}
		rest, err := c.operator(text[at+1:])
		if err != nil {
			return nil, fmt.Errorf("%.24q: %w", text[at:], err)
		}
		text = rest
	}
	return c.build(o, escapedNot)
}

// envoyCompiler feeds a format string to a patternBuilder.
type envoyCompiler struct {
	patternBuilder
	clientHeader string
	waits        bool // the upstream's time comes as its header
}

// operator adds the command operator at the front of text, after its percent
// sign: NAME%, NAME(argument)%, NAME(argument):length%, or a second sign.
func (c *envoyCompiler) operator(text string) (rest string, err error) {
	if rest, ok := strings.CutPrefix(text, "%"); ok {
		c.literal("%")
		return rest, nil
	}
	end := 0
	for end < len(text) && (text[end] == '_' || text[end] >= 'A' && text[end] <= 'Z' || text[end] >= '0' && text[end] <= '9') {
		end++
	}
	name, rest, argument := text[:end], text[end:], ""
	if inner, ok := strings.CutPrefix(rest, "("); ok {
		if argument, rest, ok = strings.Cut(inner, ")"); !ok {
			return "", errors.New("no closing parenthesis")
		}
	}
	length, after, ok := strings.Cut(rest, "%")
	if !ok || name == "" || length != "" && length[0] != ':' {
		return "", errors.New("want a command operator such as %DURATION% or %REQ(:PATH):64%")
	}
	c.add(name, argument)
	return after, nil
}

func (c *envoyCompiler) add(name, argument string) {
	g := c.goal(name, argument)
	if layout := g.unit.layout; layout != "" {
		c.timePart("%"+name+"%", layout)
		return
	}
	c.field("%"+name+"%", g)
}

// goal tells what a command operator is.
func (c *envoyCompiler) goal(name, argument string) goal {
	switch name {
	case "REQ":
		return c.header(argument)
	case "RESP":
		if strings.EqualFold(argument, "X-ENVOY-UPSTREAM-SERVICE-TIME") {
			return took(event.UpstreamDuration, milliseconds)
		}
		return goal{}
	case "START_TIME", "START_TIME_LOCAL":
		return envoyTime(argument)
	case "RESPONSE_DURATION":
		if c.waits {
			return goal{}
		}
	}
	return envoyGoals()[name]
}

// header gives the goal of REQ(X?Y): of Y where X is nothing to us, or Envoy's
// own way to keep what Y was.
func (c *envoyCompiler) header(argument string) goal {
	first, second, _ := strings.Cut(argument, "?")
	for _, name := range []string{first, second} {
		switch canonical(name) {
		case ":method":
			return textGoal(event.Method)
		case ":path", "x-envoy-original-path":
			return goal{role: uriRole}
		case ":authority":
			return goal{role: hostRole}
		case "x-request-id":
			return textGoal(event.RequestID)
		}
		if g := headerGoal(name, c.clientHeader); g.role != nothing {
			return g
		}
	}
	return goal{}
}

// envoyTime gives the goal of a START_TIME: its layout is strftime's, with
// digits of a second as %3f, or %E3S for seconds with them.
func envoyTime(argument string) goal {
	whole := map[string]int{"%s%3f": milliseconds, "%s%6f": microseconds, "%s%9f": nanoseconds, "%s%f": nanoseconds}
	if scale, ok := whole[argument]; ok {
		return goal{role: timeRole, unit: unit{form: epoch, scale: scale}}
	}
	if argument == "" {
		return goal{role: timeRole, unit: unit{form: rfc3339}}
	}
	var b strings.Builder
	for i := 0; i < len(argument); i++ {
		b.WriteByte(argument[i])
		if argument[i] != '%' || i+2 >= len(argument) {
			continue
		}
		switch next := argument[i+1 : i+3]; {
		case next[0] == 'E' && next[1] == 'z':
			i++
		case next[0] == 'E' && i+3 < len(argument) && argument[i+3] == 'S':
			b.WriteString("S.%f")
			i += 3
		case next[1] == 'f' && next[0] >= '1' && next[0] <= '9':
			i++
		}
	}
	return goal{role: timeRole, unit: unit{form: layout, layout: b.String()}}
}

// envoyGoals lists the command operators without an argument. The downstream's
// remote address is the client as Envoy is configured to find it.
func envoyGoals() map[string]goal {
	client, peer, word := goal{role: clientRole}, goal{role: peerRole}, goal{role: wordRole}
	return map[string]goal{
		"PROTOCOL":                                      textGoal(event.Protocol),
		"RESPONSE_CODE":                                 {role: numberRole, number: event.Status},
		"BYTES_RECEIVED":                                {role: numberRole, number: event.RequestBytes},
		"BYTES_SENT":                                    {role: numberRole, number: event.ResponseBytes},
		"DOWNSTREAM_WIRE_BYTES_RECEIVED":                {role: wireRole, number: event.RequestBytes},
		"DOWNSTREAM_WIRE_BYTES_SENT":                    {role: wireRole, number: event.ResponseBytes},
		"DURATION":                                      took(event.Duration, milliseconds),
		"RESPONSE_DURATION":                             took(event.UpstreamDuration, milliseconds),
		"DOWNSTREAM_REMOTE_ADDRESS":                     client,
		"DOWNSTREAM_DIRECT_REMOTE_ADDRESS":              peer,
		"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT":        client,
		"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT": peer,
		"DOWNSTREAM_TLS_VERSION":                        textGoal(event.TLSVersion),
		"TLS_JA3_FINGERPRINT":                           textGoal(event.TLSFingerprint),
		"TLS_JA4_FINGERPRINT":                           textGoal(event.TLSFingerprint),
		"ROUTE_NAME":                                    textGoal(event.API),
		"STREAM_ID":                                     textGoal(event.RequestID),
		"RESPONSE_FLAGS":                                word,
		"UPSTREAM_HOST":                                 word,
		"UPSTREAM_CLUSTER":                              word,
		"UPSTREAM_LOCAL_ADDRESS":                        word,
		"DOWNSTREAM_LOCAL_ADDRESS":                      word,
	}
}
