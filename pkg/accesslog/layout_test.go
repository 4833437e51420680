package accesslog

import (
	"testing"
	"time"
)

func TestLayouts(t *testing.T) {
	f := func(layout, in, want string) {
		t.Helper()
		if err := checkLayout(layout); err != nil {
			t.Errorf("%s: %v", layout, err)
		}
		ns, zoned, ok := layoutTime(layout, []byte(in))
		got := time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		if !zoned {
			got += " without a zone"
		}
		if !ok || got != want {
			t.Errorf("%s of %q came out as %s, %v, want %s", layout, in, got, ok, want)
		}
	}
	f("%d/%b/%Y:%H:%M:%S %z", "01/May/2024:10:00:00 +0200", "2024-05-01T08:00:00Z")
	f("%F %T", "2024-05-01 10:00:07", "2024-05-01T10:00:07Z without a zone")
	f("%D %R", "05/01/24 10:07", "2024-05-01T10:07:00Z without a zone")
	f("%a %b %e %H:%M:%S %Y", "Wed May  1 10:00:00 2024", "2024-05-01T10:00:00Z without a zone")
	f("%Y-%m-%d %I:%M %p", "2024-05-01 07:30 PM", "2024-05-01T19:30:00Z without a zone")
	f("%Y-%m-%d %I:%M %p", "2024-05-01 12:30 am", "2024-05-01T00:30:00Z without a zone")
	f("%s.%f", "1714557600.25", "2024-05-01T10:00:00.25Z")
	f("%Y%%%m%%%d %L", "2024%05%01 007", "2024-05-01T00:00:00.007Z without a zone")
	for layout, in := range map[string]string{
		"%F %T": "2024-05-01 25:00:00", "%Y-%m-%d": "2024-13-01", "%F": "2024-05-01 more", "%F %z": "2024-05-01 east", "%D": "05-01-24", "%Y %b": "2024 Foo",
	} {
		if ns, _, ok := layoutTime(layout, []byte(in)); ok {
			t.Errorf("%s read %q as %d", layout, in, ns)
		}
	}
	for _, bad := range []string{"%T", "%H:%M", "%Q %Y", "%Y %"} {
		if checkLayout(bad) == nil {
			t.Errorf("layout %q was taken", bad)
		}
	}
}
