package front

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// setting is a name and its value, as text.
type setting struct{ name, value string }

// reserved are the parameters of the URL that the front itself reads; every
// other one is a setting, or a query parameter when it begins with param_.
var reserved = []string{
	"query", "database", "default_format", "query_id", "quota_key", "session_id", "session_timeout",
	"session_check", "user", "password", "role", "client_protocol_version", "compress", "decompress",
	"stacktrace", "buffer_size", "wait_end_of_query", "close_session",
	// Settings of the server's HTTP layer, which is this front.
	"enable_http_compression", "http_zlib_compression_level", "network_compression_method",
	"network_zstd_compression_level", "add_http_cors_header", "send_progress_in_http_headers",
	"http_headers_progress_interval_ms", "http_response_buffer_size", "http_write_exception_in_output_format",
	"log_comment",
}

// viewerSettings are those that the viewer may set, by URL only. None of them
// reaches a file, the network, another account's rights, or lifts a bound that
// viewerLimits sets.
var viewerSettings = []string{
	"max_block_size", "max_result_rows", "max_result_bytes", "result_overflow_mode", "max_threads",
	"max_rows_to_read", "max_bytes_to_read", "read_overflow_mode", "timeout_overflow_mode",
	"session_timezone", "date_time_output_format", "date_time_input_format", "join_use_nulls",
	"output_format_json_quote_64bit_integers", "output_format_json_quote_denormals",
	"output_format_json_quote_decimals", "output_format_json_array_of_rows",
	"output_format_json_named_tuples_as_objects", "output_format_csv_crlf_end_of_line",
	"output_format_tsv_crlf_end_of_line", "output_format_write_statistics", "output_format_pretty_color",
	"output_format_pretty_max_rows", "output_format_decimal_trailing_zeros", "extremes", "final",
	"prefer_column_name_to_alias", "group_by_use_nulls", "cast_keep_nullable", "format_csv_delimiter", "format_csv_null_representation", "format_tsv_null_representation",
	"bool_true_representation", "bool_false_representation", "use_uncompressed_cache", "max_execution_time",
	"async_insert", "wait_for_async_insert", "readonly",
}

// settingName is what a setting may be called; anything else never reaches SQL.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]{0,127}$`)

// options is what a request's URL and headers ask for.
type options struct {
	query, database, format, queryID string
	session, sessionCheck            string
	compress, decompress             bool
	compressMethod                   string
	waitEnd, noHTTPCompression       bool
	revision                         uint64
	params                           []libchdb.Param
	settings                         []setting
}

// parseOptions splits the URL into what is the front's, parameters and settings.
func parseOptions(r *http.Request) (options, error) {
	q := r.URL.Query()
	o := options{
		query: q.Get("query"), database: first(q.Get("database"), r.Header.Get("X-ClickHouse-Database")),
		format:  first(q.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated"),
		queryID: q.Get("query_id"), session: q.Get("session_id"), sessionCheck: q.Get("session_check"),
		compress: truthy(q.Get("compress")), decompress: truthy(q.Get("decompress")),
		compressMethod:    strings.ToUpper(q.Get("network_compression_method")),
		waitEnd:           truthy(q.Get("wait_end_of_query")),
		noHTTPCompression: q.Has("enable_http_compression") && !truthy(q.Get("enable_http_compression")),
	}
	if v := q.Get("client_protocol_version"); v != "" {
		revision, err := strconv.ParseUint(v, 10, 32)
		if err != nil {
			return options{}, refuse(codeBadArguments, "BAD_ARGUMENTS", "client_protocol_version %q is not a number", v)
		}
		o.revision = revision
	}
	for _, name := range sortedKeys(q) {
		if err := o.add(name, q.Get(name)); err != nil {
			return options{}, err
		}
	}
	return o, nil
}

func (o *options) add(name, value string) error {
	if param, ok := strings.CutPrefix(name, "param_"); ok {
		o.params = append(o.params, libchdb.Param{Name: param, Value: value})
		return nil
	}
	if slices.Contains(reserved, name) {
		return nil
	}
	if !settingName.MatchString(name) {
		return refuse(codeUnknownSetting, "UNKNOWN_SETTING", "Setting %q is not a name", name)
	}
	o.settings = append(o.settings, setting{name, value})
	return nil
}

// viewerAllowed drops what the front decides for the viewer anyway, and
// refuses every setting that is not on the list.
func viewerAllowed(settings []setting) ([]setting, error) {
	var kept []setting
	for _, s := range settings {
		switch {
		case !slices.Contains(viewerSettings, s.name):
			return nil, refuse(codeReadonly, "READONLY", "Cannot modify '%s' setting in readonly mode", s.name)
		case s.name == "readonly", s.name == "async_insert", s.name == "wait_for_async_insert":
		default:
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// setStatement writes settings as one SET.
func setStatement(settings []setting) string {
	var b strings.Builder
	for i, s := range settings {
		if i == 0 {
			b.WriteString("SET ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(s.name + " = " + quote(s.value))
	}
	return b.String()
}

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// quote writes a string literal.
func quote(s string) string { return "'" + quoter.Replace(s) + "'" }

// quoteName writes an identifier.
func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

func truthy(s string) bool { return s == "1" || strings.EqualFold(s, "true") }

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func sortedKeys(q url.Values) []string {
	keys := make([]string, 0, len(q))
	for k := range q {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
