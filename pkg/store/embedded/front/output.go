package front

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// maxHeld bounds the result that wait_end_of_query keeps in memory, in bytes.
const maxHeld = 256 << 20

// output is an answer in the making. Headers go out with the first byte of the
// result, so that an error before it has a status of its own; an error after
// it ends the answer with ClickHouse's marked exception.
type output struct {
	w       http.ResponseWriter
	r       *http.Request
	front   *Front
	opts    options
	queryID string
	format  string
	tag     string
	stats   libchdb.Stats

	held  *bytes.Buffer  // the result, with wait_end_of_query
	body  io.WriteCloser // where the result goes, once headers are out
	ended bool           // an error was written
}

func newOutput(w http.ResponseWriter, r *http.Request, f *Front) *output {
	return &output{w: w, r: r, front: f, format: "TabSeparated"}
}

// prepare takes what the request asks of its answer.
func (o *output) prepare(opts options) {
	o.opts, o.queryID = opts, opts.queryID
	if opts.waitEnd {
		o.held = &bytes.Buffer{}
	}
}

// begin names the format of the result.
func (o *output) begin(format string) { o.format = format }

// count adds up what the statement did so far.
func (o *output) count(s libchdb.Stats) {
	o.stats.ReadRows += s.ReadRows
	o.stats.ReadBytes += s.ReadBytes
	o.stats.WrittenRows += s.WrittenRows
	o.stats.WrittenBytes += s.WrittenBytes
	o.stats.ResultRows += s.ResultRows
	o.stats.ResultBytes += s.ResultBytes
	o.stats.Elapsed += s.Elapsed
}

// Write sends a part of the result.
func (o *output) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if o.held != nil {
		if o.held.Len()+len(p) > maxHeld {
			return 0, refuse(codeTooLarge, "TOO_MANY_ROWS_OR_BYTES", "The result is larger than %d bytes, the most that wait_end_of_query holds back", maxHeld)
		}
		return o.held.Write(p)
	}
	if err := o.start(); err != nil {
		return 0, err
	}
	n, err := o.body.Write(p)
	if err == nil {
		err = o.flush()
	}
	return n, err
}

// flush hands a piece to the client at once: the next may take long.
func (o *output) flush() error {
	if f, ok := o.body.(interface{ Flush() error }); ok {
		if err := f.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(o.w).Flush()
}

// start sends the headers, once.
func (o *output) start() error {
	if o.body != nil {
		return nil
	}
	o.headers()
	h := o.w.Header()
	h.Set("Content-Type", contentType(o.format))
	o.tag = exceptionTag()
	h.Set("X-ClickHouse-Exception-Tag", o.tag)
	body, encoding, err := encodeBody(o.w, o.r, o.opts)
	if err != nil {
		return err
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
		h.Add("Vary", "Accept-Encoding")
	}
	o.body = body
	return nil
}

// headers are those of every answer.
func (o *output) headers() {
	h := o.w.Header()
	h.Set("X-ClickHouse-Query-Id", o.queryID)
	h.Set("X-ClickHouse-Timezone", o.front.timezone)
	h.Set("X-ClickHouse-Format", o.format)
	h.Set("X-ClickHouse-Summary", o.summary())
}

// summary counts as ClickHouse does, every figure a string.
func (o *output) summary() string {
	u := func(n uint64) string { return strconv.FormatUint(n, 10) }
	b, err := json.Marshal(map[string]string{
		"read_rows": u(o.stats.ReadRows), "read_bytes": u(o.stats.ReadBytes),
		"written_rows": u(o.stats.WrittenRows), "written_bytes": u(o.stats.WrittenBytes),
		"result_rows": u(o.stats.ResultRows), "result_bytes": u(o.stats.ResultBytes),
		"total_rows_to_read": "0", "elapsed_ns": strconv.FormatInt(o.stats.Elapsed.Nanoseconds(), 10),
	})
	if err != nil {
		return "{}"
	}
	return string(b)
}

// fail ends the answer with an error.
func (o *output) fail(code int, text string) {
	if o.body != nil {
		o.failLate(text)
		return
	}
	o.held, o.ended = nil, true
	o.headers()
	h := o.w.Header()
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(code))
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	if code == codeRequiredPassword {
		h.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	o.w.WriteHeader(httpStatus(code))
	_, _ = io.WriteString(o.w, text+"\n")
}

// failLate appends the exception, framed by the tag that the headers announced.
func (o *output) failLate(text string) {
	o.ended = true
	message := text + "\n"
	_, _ = fmt.Fprintf(o.body, "\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n", o.tag, message, len(message), o.tag)
}

// close sends what is left.
func (o *output) close() error {
	if held := o.held; held != nil && !o.ended {
		o.held = nil
		if _, err := o.Write(held.Bytes()); err != nil {
			return err
		}
	}
	if o.body == nil {
		if !o.ended {
			o.headers()
			o.w.Header().Set("Content-Type", contentType(o.format))
		}
		return nil
	}
	return o.body.Close()
}

func exceptionTag() string { return rand.Text()[:16] }

// contentType is what ClickHouse says of a format.
func contentType(format string) string {
	switch format {
	case "Native", "RowBinary", "RowBinaryWithNames", "RowBinaryWithNamesAndTypes", "Parquet", "Arrow", "ArrowStream", "ORC", "Avro":
		return "application/octet-stream"
	case "JSON", "JSONCompact", "JSONStrings", "JSONColumns", "JSONCompactColumns", "JSONColumnsWithMetadata":
		return "application/json; charset=UTF-8"
	case "JSONEachRow", "JSONLines", "NDJSON", "JSONCompactEachRow", "JSONStringsEachRow":
		return "application/x-ndjson; charset=UTF-8"
	case "CSV", "CSVWithNames", "CSVWithNamesAndTypes":
		return "text/csv; charset=UTF-8; header=" + csvHeader(format)
	case "TabSeparated", "TSV", "TSVRaw", "TabSeparatedRaw", "TabSeparatedWithNames", "TSVWithNames",
		"TabSeparatedWithNamesAndTypes", "TSVWithNamesAndTypes":
		return "text/tab-separated-values; charset=UTF-8"
	}
	return "text/plain; charset=UTF-8"
}

func csvHeader(format string) string {
	if format == "CSV" {
		return "absent"
	}
	return "present"
}
