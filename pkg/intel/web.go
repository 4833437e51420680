package intel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// web does the requests of one feed.
type web struct {
	client  *http.Client
	feed    *Feed
	origin  string
	scheme  string // with host: who alone gets the feed's token or password
	host    string
	timeout time.Duration
	now     func() time.Time
}

const maxRedirects = 5

func newWeb(f *Feed, client *http.Client, now func() time.Time) *web {
	w := &web{feed: f, origin: f.origin(), timeout: f.Timeout, now: now}
	if u, err := url.Parse(f.URL); err == nil {
		w.scheme, w.host = u.Scheme, u.Host
	}
	own := *client
	own.CheckRedirect = w.redirected
	w.client = &own
	return w
}

// redirected keeps secrets on their host, and what was asked for safely safe.
func (w *web) redirected(next *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return errors.New("it redirects again and again")
	}
	if before[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return errors.New("it redirects from https to http")
	}
	next.Header.Del("Referer") // the URL before, and there may be a key in it
	if !w.trusted(next.URL) {
		next.Header.Del("Authorization")
		next.Header.Del(w.feed.TokenHeader)
	}
	return nil
}

// trusted tells whether a URL leads to where the feed's token or password is
// meant for, and as safely as the feed's own does.
func (w *web) trusted(u *url.URL) bool { return u.Host == w.host && u.Scheme == w.scheme }

// reply is an answer with what ends its request.
type reply struct {
	*http.Response
	cancel context.CancelFunc
}

func (r *reply) close() {
	_ = r.Body.Close() // nothing is written
	r.cancel()
}

// statusError is an answer that is none.
type statusError struct {
	status string
	code   int
	after  time.Duration // how long the server wants to be left alone
}

func (e *statusError) Error() string {
	switch e.code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "the server answered " + e.status + ": look at token_file, token_header, user and password_file"
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return "the server answered " + e.status + ": it does not speak this protocol's version"
	}
	return "the server answered " + e.status
}

// get asks for a URL. Its answer is 200 or 304, and has to be closed; the time
// it may take includes reading its body.
func (w *web) get(ctx context.Context, to string, header http.Header) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	r, err := w.do(ctx, to, header)
	if err != nil {
		cancel()
		return nil, err
	}
	if r.StatusCode == http.StatusOK || r.StatusCode == http.StatusNotModified && header.Get("If-None-Match")+header.Get("If-Modified-Since") != "" {
		return &reply{r, cancel}, nil
	}
	_ = r.Body.Close() // of an error
	cancel()
	return nil, &statusError{status: r.Status, code: r.StatusCode, after: w.retryAfter(r.Header.Get("Retry-After"))}
}

func (w *web) do(ctx context.Context, to string, header http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", w.origin, err)
	}
	request.Header = header.Clone()
	request.Header.Set("User-Agent", "honeymoat")
	if w.trusted(request.URL) {
		if err := w.identify(request); err != nil {
			return nil, err
		}
	}
	r, err := w.client.Do(request)
	if failed := new(url.Error); errors.As(err, &failed) {
		err = failed.Err // without the URL, which may hold a key
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", w.origin, err)
	}
	return r, nil
}

// identify adds the feed's token or password.
func (w *web) identify(r *http.Request) error {
	f := w.feed
	if f.TokenFile != "" {
		token, err := secret(f.TokenFile)
		if err != nil {
			return err
		}
		if f.TokenHeader != "" {
			r.Header.Set(f.TokenHeader, token)
		} else {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	if f.User == "" {
		return nil
	}
	password, err := secret(f.PasswordFile)
	if err != nil {
		return err
	}
	r.SetBasicAuth(f.User, password)
	return nil
}

// retryAfter reads the header of that name: seconds, or a time.
func (w *web) retryAfter(text string) time.Duration {
	const longest = 24 * time.Hour
	after := time.Duration(0)
	if n, err := strconv.Atoi(text); err == nil {
		after = time.Duration(min(n, int(longest/time.Second))) * time.Second
	} else if t, err := http.ParseTime(text); err == nil {
		after = t.Sub(w.now())
	}
	return min(max(after, 0), longest)
}
