package event

import (
	"net/netip"
	"testing"
)

func TestUnknownIsNotZero(t *testing.T) {
	var b Batch
	b.SetNumber(Status, 0)
	b.EndRow()
	b.SetNumber(Duration, 7)
	b.EndRow()
	if got := b.Number(Status, 0); got != 0 {
		t.Errorf("a status of 0 came out as %d", got)
	}
	if got := b.Number(Status, 1); got != Unknown {
		t.Errorf("a status that was never set came out as %d", got)
	}
	if got := b.Number(Duration, 0); got != Unknown {
		t.Errorf("a duration that was never set came out as %d", got)
	}
	if b.Addr(ClientAddress, 0).IsValid() {
		t.Error("an address that was never set is valid")
	}
	if b.Flags(1) != 0 {
		t.Error("a row without flags has some")
	}
	b.EndRow()
	b.Flag(NoBytes)
	b.EndRow()
	if b.Flags(1) != 0 {
		t.Errorf("a row without flags before one with them has %b", b.Flags(1))
	}
}

func TestLastSetWins(t *testing.T) {
	var b Batch
	b.SetString(Path, "/first")
	b.SetString(Path, "/second")
	b.SetString(Host, "a")
	b.SetString(Host, "")
	b.SetNumber(Status, 200)
	b.SetNumber(Status, 404)
	b.Flag(NoBytes)
	b.Flag(NoUserAgent)
	b.EndRow()
	if got := string(b.Text(Path, 0)); got != "/second" {
		t.Errorf("path = %q", got)
	}
	if got := string(b.Text(Host, 0)); got != "" {
		t.Errorf("host = %q", got)
	}
	if got := b.Number(Status, 0); got != 404 {
		t.Errorf("status = %d", got)
	}
	if got := b.Flags(0); got != NoBytes|NoUserAgent {
		t.Errorf("flags = %v", got.Names())
	}
}

func TestDropRowLeavesNothing(t *testing.T) {
	var b Batch
	b.SetString(Path, "/kept")
	b.EndRow()
	b.SetString(Path, "/dropped")
	b.SetNumber(Status, 500)
	b.SetAddr(PeerAddress, netip.MustParseAddr("192.0.2.1"))
	b.DropRow()
	b.SetString(Host, "h")
	b.EndRow()
	if b.Rows() != 2 || string(b.Text(Path, 0)) != "/kept" {
		t.Fatalf("rows = %d, path = %q", b.Rows(), b.Text(Path, 0))
	}
	if len(b.Text(Path, 1)) != 0 || b.Number(Status, 1) != Unknown || b.Addr(PeerAddress, 1).IsValid() {
		t.Error("a dropped row shows in the row after it")
	}
}

func TestAddressesAreUnmapped(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := AddrFrom(netip.MustParseAddr(in)).Netip().String(); got != want {
			t.Errorf("%s came out as %s, want %s", in, got, want)
		}
	}
	f("192.0.2.1", "192.0.2.1")
	f("::ffff:192.0.2.1", "192.0.2.1")
	f("2001:db8::1", "2001:db8::1")
	f("fe80::1%eth0", "fe80::1")
}

func TestRecordIDRoundTrip(t *testing.T) {
	id := FormatRecordID("00c5a0f1e2d3b4a5", 1024)
	file, offset, err := ParseRecordID(id)
	if err != nil || file != "00c5a0f1e2d3b4a5" || offset != 1024 {
		t.Fatalf("%s came out as %s, %d, %v", id, file, offset, err)
	}
	for _, bad := range []string{"", "-", "x", "x-", "x--1", "-7", "x-1e3"} {
		if _, _, err := ParseRecordID(bad); err == nil {
			t.Errorf("%q was taken as an event id", bad)
		}
	}
}

func TestFileIDTellsFilesApart(t *testing.T) {
	ids := map[string]bool{
		FileID("a", 1, 2, 3, []byte("x")): true,
		FileID("b", 1, 2, 3, []byte("x")): true,
		FileID("a", 1, 2, 4, []byte("x")): true,
		FileID("a", 1, 2, 3, []byte("y")): true,
		FileID("a", 2, 1, 3, []byte("x")): true,
	}
	if len(ids) != 5 {
		t.Errorf("five files have %d identities", len(ids))
	}
	if len(ids) == 5 && !ids[FileID("a", 1, 2, 3, []byte("x"))] {
		t.Error("one file has two identities")
	}
}

func TestExcerptIsBoundedAndPrintable(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Excerpt([]byte(in)); got != want {
			t.Errorf("%q came out as %q, want %q", in, got, want)
		}
	}
	f("plain", "plain")
	f("a\x00b\n", `a\x00b\x0A`)
	f("\xff\xfe", `\xFF\xFE`)
	f("größe", "größe")
	if got := Excerpt(make([]byte, 1<<20)); len(got) > ExcerptBytes {
		t.Errorf("an excerpt of %d bytes", len(got))
	}
}

func TestEveryFieldHasAName(t *testing.T) {
	seen := map[string]bool{}
	check := func(name string) {
		if name == "" || seen[name] {
			t.Errorf("field name %q is empty or used twice", name)
		}
		seen[name] = true
	}
	for _, f := range TextFields() {
		check(f.String())
	}
	for _, f := range NumberFields() {
		check(f.String())
	}
	for _, f := range AddrFields() {
		check(f.String())
	}
	if names := Flags(1<<len(flagNames) - 1).Names(); len(names) != len(flagNames) || names[len(names)-1] != "bad_forwarded" {
		t.Errorf("flag names %v do not fit the flags", names)
	}
}
