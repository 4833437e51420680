package geo

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Files names the databases; "" is none.
type Files struct {
	Country string // such as GeoLite2-Country.mmdb or -City.mmdb
	Network string // such as GeoLite2-ASN.mmdb
}

// Places tells where addresses belong. It is safe for concurrent use; nil
// knows nothing.
type Places struct{ country, network *table }

// Open reads databases. What has not changed on disk since before is taken
// from there; before may be nil.
func Open(f Files, before *Places) (*Places, error) {
	if before == nil {
		before = &Places{}
	}
	country, err := openTable(f.Country, before.country, countryOf)
	if err != nil {
		return nil, fmt.Errorf("open the database of countries: %w", err)
	}
	network, err := openTable(f.Network, before.network, networkOf)
	if err != nil {
		return nil, fmt.Errorf("open the database of networks: %w", err)
	}
	return &Places{country, network}, nil
}

// Place gives an address's country as two capital letters and its network as
// "AS64500", each "" when it is not known. It does not allocate for a place
// that was asked for before.
func (p *Places) Place(a netip.Addr) (country, network string) {
	if p == nil {
		return "", ""
	}
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return "", ""
	}
	return p.country.of(a), p.network.of(a)
}

// countryOf reads the country of a record, as MaxMind and others write it.
func countryOf(r record) string {
	for _, path := range [][]any{{"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}, {"country"}} {
		if v := r.text(path...); len(v) == 2 {
			return strings.ToUpper(v)
		}
	}
	return ""
}

// networkOf reads the autonomous system of a record.
func networkOf(r record) string {
	if n := r.number("autonomous_system_number"); n > 0 {
		return "AS" + strconv.FormatUint(n, 10)
	}
	digits := strings.TrimPrefix(strings.ToUpper(r.text("asn")), "AS")
	if n, err := strconv.ParseUint(digits, 10, 32); err == nil && n > 0 {
		return "AS" + strconv.FormatUint(n, 10)
	}
	return ""
}
