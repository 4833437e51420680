package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// Skipped is a rule that is not in force: it is about other logs than ours, or
// waits for values of a placeholder.
type Skipped struct {
	Rule   *sigma.Rule
	Reason string
}

// What the log sources of rules for access logs say.
const (
	serviceAccess = "access"
	serviceDecoy  = "decoy"
	productOurs   = "honeymoat"
)

// gateways are the products whose access logs we read.
var gateways = []string{
	"apache", "nginx", "haproxy", "iis", "caddy", "traefik", "envoy", "kong", "apisix", "tyk", "krakend",
	"wso2", "apigee", "pingintelligence", "aws", "alb", "lighttpd", "tomcat", "squid", productOurs,
}

// InForce tells which rules a program has, and which it leaves out.
func InForce(rules []*sigma.Rule) (in []*sigma.Rule, skipped []Skipped) {
	for _, r := range rules {
		if reason := unfit(r); reason != "" {
			skipped = append(skipped, Skipped{r, reason})
		} else {
			in = append(in, r)
		}
	}
	return in, skipped
}

// unfit tells why a rule is not in force; empty when it is.
func unfit(r *sigma.Rule) string {
	s := r.LogSource
	category, product, service := strings.ToLower(s.Category), strings.ToLower(s.Product), strings.ToLower(s.Service)
	switch {
	case len(r.Unfilled) > 0:
		return fmt.Sprintf("it waits for values of %%%s%%: rules.placeholders gives them", strings.Join(r.Unfilled, "%, %"))
	case category != "" && category != webserver && category != proxy:
		return fmt.Sprintf("logs of category %q are not access logs", s.Category)
	case category == "" && !slices.Contains(gateways, product):
		return fmt.Sprintf("logs of product %q are not access logs", s.Product)
	case service != "" && service != serviceAccess && service != serviceDecoy && category == "":
		return fmt.Sprintf("logs of service %q are not access logs", s.Service)
	}
	return ""
}

// covers tells whether a rule that fits is about logs of a kind: decoy logs or
// access logs when its service says so, and calls that we make, the business
// of a proxy, when its category says so.
func covers(s sigma.LogSource, kind event.Kind, direction event.Direction) bool {
	switch service := strings.ToLower(s.Service); {
	case service == serviceDecoy && kind != event.Decoy, service == serviceAccess && kind != event.Access:
		return false
	}
	return direction == event.Ingress || strings.EqualFold(s.Category, proxy)
}
