package accesslog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// newNginx compiles a log_format directive, or just its string, to a parser:
//
//	log_format main escape=json '$remote_addr - $remote_user [$time_local] '
//	                            '"$request" $status $body_bytes_sent';
//
// See the documentation of ngx_http_log_module. A variable that is not known
// here is read and left aside.
func newNginx(o Options) (Parser, error) {
	if strings.TrimSpace(o.Pattern) == "" {
		return nil, errors.New("no pattern: want the log_format directive as it stands in nginx.conf")
	}
	text, escape, err := nginxDirective(o.Pattern)
	if err != nil {
		return nil, err
	}
	var p patternBuilder
	behindProxy := strings.Contains(text, "$realip_remote_addr")
	for len(text) > 0 {
		literal, name, rest := nginxVariable(text)
		text = rest
		if literal != "" {
			p.literal(literal)
		}
		if name == "" {
			continue
		}
		g := nginxGoal(name, o.ClientHeader)
		if name == "remote_addr" && behindProxy {
			g = goal{role: clientRole}
		}
		p.field("$"+name, g)
	}
	return built(p.build(o, escape))
}

// nginxDirective gives the format string of a directive: its quoted parts put
// together, and how its values are escaped.
func nginxDirective(directive string) (text string, escape escaping, err error) {
	directive = strings.TrimSpace(directive)
	rest, ok := strings.CutPrefix(directive, "log_format")
	if !ok {
		return directive, escapedHex, nil
	}
	words, err := nginxWords(rest)
	if err != nil {
		return "", 0, err
	}
	if len(words) < 2 {
		return "", 0, errors.New("log_format: want a name and a format")
	}
	words = words[1:]
	if how, ok := strings.CutPrefix(words[0], "escape="); ok {
		if escape, ok = map[string]escaping{"default": escapedHex, "json": escapedJSON, "none": escapedNot}[how]; !ok {
			return "", 0, fmt.Errorf("log_format: escape=%s: want default, json or none", how)
		}
		words = words[1:]
	}
	return strings.Join(words, ""), escape, nil
}

// nginxWords splits a directive's parameters, up to its semicolon.
func nginxWords(text string) (words []string, err error) {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" || text[0] == ';' {
			return words, nil
		}
		if quote := text[0]; quote == '\'' || quote == '"' {
			word, rest, ok := nginxQuoted(text[1:], quote)
			if !ok {
				return nil, fmt.Errorf("log_format: no closing %c", quote)
			}
			words, text = append(words, word), rest
			continue
		}
		end := strings.IndexAny(text, " \t\r\n;")
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
}

func nginxQuoted(text string, quote byte) (word, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			return b.String(), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteString(nginxEscape(text[i], quote))
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// nginxEscape is what a backslash and c stand for in a quoted string.
func nginxEscape(c, quote byte) string {
	switch c {
	case quote, '\\':
		return string(c)
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case 'n':
		return "\n"
	}
	return "\\" + string(c)
}

// nginxVariable cuts a format string before and after its first variable.
func nginxVariable(text string) (literal, name, rest string) {
	at := strings.IndexByte(text, '$')
	if at < 0 {
		return text, "", ""
	}
	literal, rest = text[:at], text[at+1:]
	if inner, ok := strings.CutPrefix(rest, "{"); ok {
		if name, rest, ok = strings.Cut(inner, "}"); ok {
			return literal, name, rest
		}
	}
	end := 0
	for end < len(rest) && (rest[end] == '_' || rest[end]|0x20 >= 'a' && rest[end]|0x20 <= 'z' || rest[end] >= '0' && rest[end] <= '9') {
		end++
	}
	if end == 0 {
		return text[:at+1], "", rest
	}
	return literal, rest[:end], rest[end:]
}

// nginxGoal tells what a variable is.
func nginxGoal(name, clientHeader string) goal {
	if header, ok := strings.CutPrefix(name, "http_"); ok {
		return headerGoal(header, clientHeader)
	}
	if cookie, ok := strings.CutPrefix(name, "cookie_"); ok {
		return cookieGoal(cookie)
	}
	return nginxGoals()[name]
}

// nginxGoals lists the variables that are not of a family.
func nginxGoals() map[string]goal {
	address, host, count := goal{role: peerRole}, goal{role: hostRole}, goal{role: countRole}
	path, query := textGoal(event.Path), goal{role: queryRole}
	country, fingerprint := textGoal(event.Country), textGoal(event.TLSFingerprint)
	return map[string]goal{
		"remote_addr":              address,
		"realip_remote_addr":       address,
		"proxy_protocol_addr":      {role: proxyRole},
		"remote_user":              {role: userRole},
		"time_local":               {role: timeRole, unit: unit{form: clf}},
		"time_iso8601":             {role: timeRole, unit: unit{form: rfc3339}},
		"msec":                     {role: timeRole, unit: unit{form: epoch, scale: seconds}},
		"request":                  {role: requestRole},
		"request_method":           textGoal(event.Method),
		"request_uri":              {role: uriRole},
		"uri":                      path,
		"document_uri":             path,
		"args":                     query,
		"query_string":             query,
		"is_args":                  query,
		"server_protocol":          textGoal(event.Protocol),
		"host":                     host,
		"server_name":              host,
		"status":                   {role: numberRole, number: event.Status},
		"body_bytes_sent":          {role: numberRole, number: event.ResponseBytes},
		"bytes_sent":               {role: wireRole, number: event.ResponseBytes},
		"request_length":           {role: wireRole, number: event.RequestBytes},
		"request_time":             took(event.Duration, seconds),
		"upstream_response_time":   took(event.UpstreamDuration, seconds),
		"request_id":               textGoal(event.RequestID),
		"ssl_protocol":             textGoal(event.TLSVersion),
		"content_type":             textGoal(event.ContentType),
		"geoip2_data_country_code": country,
		"geoip_country_code":       country,
		"honeymoat_decision":       {role: decisionRole},
		"ssl_ja3_hash":             fingerprint,
		"ssl_ja4":                  fingerprint,
		"remote_port":              count,
		"server_port":              count,
		"connection":               count,
		"connection_requests":      count,
		"pid":                      count,
	}
}
