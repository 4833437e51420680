package front

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// ClickHouse's error codes that the front itself raises or maps to a status.
const (
	codeBadArguments      = 36
	codeNotImplemented    = 48
	codeSyntaxError       = 62
	codeTimeout           = 159
	codeReadonly          = 164
	codeQueryTooLarge     = 229
	codeRequiredPassword  = 194
	codeCannotDecompress  = 271
	codeSessionNotFound   = 372
	codeSessionLocked     = 373
	codeTooLarge          = 396
	codeAccessDenied      = 497
	codeAuthFailed        = 516
	codeUnknownException  = 1002
	codeUnknownSetting    = 115
	codeCannotParseHeader = 27
)

// apiError is an error as ClickHouse words it.
type apiError struct {
	code int
	name string
	text string
}

func (e *apiError) Error() string {
	return fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", e.code, e.text, e.name)
}

func refuse(code int, name, format string, args ...any) error {
	return &apiError{code: code, name: name, text: fmt.Sprintf(format, args...)}
}

// statusOf are the codes that do not answer 500, as in the server itself.
var statusOf = map[int][]int{
	http.StatusUnauthorized:          {codeRequiredPassword},
	http.StatusForbidden:             {192, 193, codeAccessDenied, 512, codeAuthFailed},
	http.StatusBadRequest:            {6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676},
	http.StatusNotFound:              {46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511},
	http.StatusRequestEntityTooLarge: {codeQueryTooLarge},
	http.StatusNotImplemented:        {codeNotImplemented},
	http.StatusServiceUnavailable:    {76, 209, 439},
	http.StatusLengthRequired:        {381},
	http.StatusRequestTimeout:        {codeTimeout},
	http.StatusUnsupportedMediaType:  {779},
}

func httpStatus(code int) int {
	for status, codes := range statusOf {
		if slices.Contains(codes, code) {
			return status
		}
	}
	return http.StatusInternalServerError
}

var codePattern = regexp.MustCompile(`^\s*Code: (\d+)\.`)

// describe turns any error into ClickHouse's code and text.
func describe(err error, version string) (int, string) {
	text := strings.TrimSpace(err.Error())
	code := codeUnknownException
	if m := codePattern.FindStringSubmatch(text); m != nil {
		code, _ = strconv.Atoi(m[1])
	} else {
		text = fmt.Sprintf("Code: %d. DB::Exception: %s. (UNKNOWN_EXCEPTION)", code, text)
	}
	text = unwrap(text, code)
	if suffix := " (version " + version + ")"; !strings.HasSuffix(text, suffix) {
		text += suffix
	}
	return code, text
}

// tail is what each layer of the engine appends to an error that it passes on.
var tail = regexp.MustCompile(`( \(version [^()]*\))?\. \([A-Z0-9_]+\)( \(version [^()]*\))?$`)

// unwrap takes off the layers that repeat the code of the error within.
func unwrap(text string, code int) string {
	prefix := fmt.Sprintf("Code: %d. DB::Exception: ", code)
	inner := fmt.Sprintf("Code: %d. ", code)
	for {
		rest, wrapped := strings.CutPrefix(text, prefix)
		if !wrapped || !strings.HasPrefix(rest, inner) {
			return text
		}
		loc := tail.FindStringIndex(rest)
		if loc == nil {
			return text
		}
		text = rest[:loc[0]]
	}
}

// isEngineError tells the engine's own refusals, which are the client's
// business, from failures of the front.
func isEngineError(err error) bool {
	var engine *libchdb.Error
	var api *apiError
	return errors.As(err, &engine) || errors.As(err, &api)
}
