package alerting

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-openapi/strfmt"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/prometheus/alertmanager/api/v2/models"
)

// Bounds on what one alert may hold, in bytes. Values may carry text that an
// attacker chose.
const (
	maxLabelBytes      = 1 << 10
	maxAnnotationBytes = 8 << 10
)

// unnamed stands in for a missing alertname, which routes and templates rely on.
const unnamed = "HoneymoatAlert"

// normalise gives a copy of a that every Alertmanager accepts: one alert with
// a bad value must not cost the rest of its batch, nor be lost itself.
func normalise(a respond.Alert, now time.Time) respond.Alert {
	a.Labels = cleanSet(a.Labels, maxLabelBytes)
	if a.Labels["alertname"] == "" {
		a.Labels["alertname"] = unnamed
	}
	a.Annotations = cleanSet(a.Annotations, maxAnnotationBytes)
	if _, err := url.ParseRequestURI(a.URL); err != nil {
		a.URL = ""
	}
	if a.StartsAt.IsZero() {
		a.StartsAt = now
	}
	if !a.EndsAt.IsZero() && a.EndsAt.Before(a.StartsAt) {
		a.StartsAt = a.EndsAt
	}
	return a
}

// cleanSet drops empty values, as Alertmanager does, so that a label set has
// one identity whether or not it names what it leaves out.
func cleanSet(in map[string]string, maxBytes int) map[string]string {
	out := make(map[string]string, len(in)+1)
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if v := cleanValue(in[name], maxBytes); v != "" {
			out[cleanName(name)] = v
		}
	}
	return out
}

// cleanName maps a name into [a-zA-Z_][a-zA-Z0-9_]*, all that Alertmanagers
// before 0.27 accept.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (isLetter(r) || isDigit(r)) {
			return r
		}
		return '_'
	}, name)
	if clean == "" || isDigit(rune(clean[0])) {
		return "_" + clean
	}
	return clean
}

func isLetter(r rune) bool { return r == '_' || 'a' <= r|0x20 && r|0x20 <= 'z' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func cleanValue(v string, maxBytes int) string {
	v = strings.ToValidUTF8(v, "\uFFFD")
	if len(v) <= maxBytes {
		return v
	}
	cut := maxBytes
	for cut > 0 && !utf8.RuneStart(v[cut]) {
		cut--
	}
	return v[:cut]
}

// identity is the same for two alerts exactly when their labels are. Quoting
// keeps one value from reading as the next name.
func identity(labels map[string]string) string {
	var key []byte
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		key = append(key, name...)
		key = strconv.AppendQuote(key, labels[name])
	}
	return string(key)
}

func wire(a respond.Alert) *models.PostableAlert {
	return &models.PostableAlert{
		Alert: models.Alert{
			Labels:       a.Labels,
			GeneratorURL: strfmt.URI(a.URL),
		},
		Annotations: a.Annotations,
		StartsAt:    strfmt.DateTime(a.StartsAt),
		EndsAt:      strfmt.DateTime(a.EndsAt),
	}
}
