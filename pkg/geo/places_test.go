package geo

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// write makes a database of prefixes and their records.
func write(t testing.TB, path string, version int, records map[string]mmdbtype.DataType) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "Test", IPVersion: version, IncludeReservedNetworks: true, DisableIPv4Aliasing: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, record := range records {
		_, network, err := net.ParseCIDR(prefix)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func country(code string) mmdbtype.DataType {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

func network(n uint32) mmdbtype.DataType {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n)}
}

func files(t testing.TB) Files {
	dir := t.TempDir()
	f := Files{Country: filepath.Join(dir, "country.mmdb"), Network: filepath.Join(dir, "asn.mmdb")}
	write(t, f.Country, 6, map[string]mmdbtype.DataType{
		"192.0.2.0/24": country("AQ"), "2001:db8::/32": country("IS"), "198.51.100.0/24": mmdbtype.Map{"country_code": mmdbtype.String("no")},
		"203.0.113.0/24": mmdbtype.Map{"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("NZ")}},
		"203.0.112.0/24": mmdbtype.Map{"continent": mmdbtype.String("OC"), "country": mmdbtype.String("Nowhere")},
	})
	write(t, f.Network, 6, map[string]mmdbtype.DataType{
		"192.0.2.0/25": network(64500), "2001:db8::/48": network(4200000000), "198.51.100.0/24": mmdbtype.Map{"asn": mmdbtype.String("AS064501")},
		"203.0.113.0/24": mmdbtype.Map{"asn": mmdbtype.String("none")},
	})
	return f
}

func open(t testing.TB, f Files, before *Places) *Places {
	t.Helper()
	p, err := Open(f, before)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlace(t *testing.T) {
	p := open(t, files(t), nil)
	f := func(addr, country, network string) {
		t.Helper()
		var a netip.Addr
		if addr != "" {
			a = netip.MustParseAddr(addr)
		}
		for range 2 { // read, and remembered
			if c, n := p.Place(a); c != country || n != network {
				t.Errorf("%s: %q %q, want %q %q", addr, c, n, country, network)
			}
		}
	}
	f("192.0.2.7", "AQ", "AS64500")
	f("::ffff:192.0.2.7", "AQ", "AS64500")
	f("192.0.2.200", "AQ", "")
	f("2001:db8::7", "IS", "AS4200000000")
	f("2001:db8:1::7%eth0", "IS", "")
	f("198.51.100.7", "NO", "AS64501")
	f("203.0.113.7", "NZ", "")
	f("203.0.112.7", "", "")
	f("10.0.0.1", "", "")
	f("", "", "")
}

func TestNothingIsKnownWithoutFiles(t *testing.T) {
	for _, p := range []*Places{nil, open(t, Files{}, nil)} {
		if c, n := p.Place(netip.MustParseAddr("192.0.2.7")); c != "" || n != "" {
			t.Errorf("%q %q", c, n)
		}
	}
}

func TestDatabaseOfIPv4Only(t *testing.T) {
	f := Files{Country: filepath.Join(t.TempDir(), "country.mmdb")}
	write(t, f.Country, 4, map[string]mmdbtype.DataType{"192.0.2.0/24": country("AQ")})
	p := open(t, f, nil)
	if c, _ := p.Place(netip.MustParseAddr("192.0.2.7")); c != "AQ" {
		t.Errorf("%q", c)
	}
	if c, _ := p.Place(netip.MustParseAddr("2001:db8::7")); c != "" {
		t.Errorf("%q", c)
	}
}

func TestReopen(t *testing.T) {
	f := files(t)
	p := open(t, f, nil)
	if again := open(t, f, p); again.country != p.country || again.network != p.network {
		t.Error("files that did not change were read again")
	}
	write(t, f.Country, 6, map[string]mmdbtype.DataType{"192.0.2.0/24": country("FR")})
	if err := os.Chtimes(f.Country, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	next := open(t, f, p)
	if c, n := next.Place(netip.MustParseAddr("192.0.2.7")); c != "FR" || n != "AS64500" || next.network != p.network {
		t.Errorf("%q %q", c, n)
	}
	if c, _ := p.Place(netip.MustParseAddr("192.0.2.7")); c != "AQ" {
		t.Errorf("the one in use changed: %q", c)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	f := files(t)
	good, err := os.ReadFile(f.Country)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Files{Network: path}, nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	check("empty", nil)
	check("text", []byte("country,network"))
	check("cut", good[:len(good)/2])
	if _, err := Open(Files{Country: f.Country + ".none"}, nil); err == nil {
		t.Error("a file that is not there was taken")
	}
}

func TestPlaceDoesNotAllocate(t *testing.T) {
	p, a := open(t, files(t), nil), netip.MustParseAddr("192.0.2.7")
	p.Place(a)
	if n := testing.AllocsPerRun(100, func() { p.Place(a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPlace(b *testing.B) {
	p, a := open(b, files(b), nil), netip.MustParseAddr("192.0.2.7")
	b.ReportAllocs()
	for b.Loop() {
		p.Place(a)
	}
}
