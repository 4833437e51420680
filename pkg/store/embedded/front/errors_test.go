package front

import (
	"errors"
	"net/http"
	"testing"
)

func TestDescribe(t *testing.T) {
	f := func(in string, code int, want string) {
		t.Helper()
		gotCode, got := describe(errors.New(in), "26.7")
		if gotCode != code || got != want {
			t.Errorf("%q\n got %d %q\nwant %d %q", in, gotCode, got, code, want)
		}
	}
	f("Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)", 60, "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE) (version 26.7)")
	f("Code: 6. DB::Exception: Code: 6. DB::Exception: Bad. (X_Y) (version 26.7). (X_Y)", 6, "Code: 6. DB::Exception: Bad. (X_Y) (version 26.7)")
	f("Code: 6. DB::Exception: Code: 6. DB::Exception: Code: 6. DB::ErrnoException: Bad. (X) (version 1). (X) (version 1). (X) (version 26.7)",
		6, "Code: 6. DB::ErrnoException: Bad. (X) (version 26.7)")
	f("Code: 6. DB::Exception: Code: 7. DB::Exception: Other. (X)", 6, "Code: 6. DB::Exception: Code: 7. DB::Exception: Other. (X) (version 26.7)")
	f("pipe burst", 1002, "Code: 1002. DB::Exception: pipe burst. (UNKNOWN_EXCEPTION) (version 26.7)")
}

func TestHTTPStatus(t *testing.T) {
	for code, want := range map[int]int{
		62: http.StatusBadRequest, 60: http.StatusNotFound, 516: http.StatusForbidden, 194: http.StatusUnauthorized,
		48: http.StatusNotImplemented, 159: http.StatusRequestTimeout, 241: http.StatusInternalServerError,
	} {
		if got := httpStatus(code); got != want {
			t.Errorf("code %d: status %d, want %d", code, got, want)
		}
	}
}

func TestAcceptedEncoding(t *testing.T) {
	f := func(accept, want string) {
		t.Helper()
		if got := acceptedEncoding(accept); got != want {
			t.Errorf("%q: got %q, want %q", accept, got, want)
		}
	}
	f("", "")
	f("identity", "")
	f("gzip", "gzip")
	f("gzip, deflate, br, zstd", "zstd")
	f("zstd;q=0, gzip;q=0.5", "gzip")
}

func TestQuoting(t *testing.T) {
	if got := setStatement([]setting{{"a", `it's \`}, {"b", "1"}}); got != `SET a = 'it\'s \\', b = '1'` {
		t.Error(got)
	}
	if got := quoteName("a`b\\"); got != "`a\\`b\\\\`" {
		t.Error(got)
	}
}
