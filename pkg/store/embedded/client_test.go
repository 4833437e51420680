package embedded_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// client speaks plain HTTP, as curl does.
type client struct {
	t              *testing.T
	url            string
	user, password string
}

func serviceClient(t *testing.T, h *enginetest.Handle) client {
	return client{t, h.URL(), h.User, h.Password}
}

func viewerClient(t *testing.T, h *enginetest.Handle) client {
	return client{t, h.URL(), h.ViewerUser, h.ViewerPassword}
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request; params are pairs of name and value.
func (c client) do(method, body string, header http.Header, params ...string) answer {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Set(params[i], params[i+1])
	}
	req, err := http.NewRequest(method, c.url+"?"+values.Encode(), strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, v := range header {
		req.Header[name] = v
	}
	if c.user != "" {
		req.SetBasicAuth(c.user, c.password)
	}
	return send(c.t, req)
}

func send(t *testing.T, req *http.Request) answer {
	t.Helper()
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (c client) post(body string, params ...string) answer {
	c.t.Helper()
	return c.do(http.MethodPost, body, nil, params...)
}

// want checks that a statement answers exactly this.
func (c client) want(body, want string, params ...string) {
	c.t.Helper()
	got := c.post(body, params...)
	if got.status != http.StatusOK || got.body != want {
		c.t.Errorf("%.200s %v\n got %d %.500q\nwant 200 %.500q", body, params, got.status, got.body, want)
	}
}

// refused checks that a statement fails with this status and code.
func (c client) refused(body string, status int, code string, params ...string) answer {
	c.t.Helper()
	got := c.post(body, params...)
	if got.status != status || got.header.Get("X-ClickHouse-Exception-Code") != code || !strings.HasPrefix(got.body, "Code: "+code+". DB::") {
		c.t.Errorf("%.200s %v\n got %d code %s %.300q\nwant %d code %s", body, params,
			got.status, got.header.Get("X-ClickHouse-Exception-Code"), got.body, status, code)
	}
	return got
}
