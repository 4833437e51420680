package front

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// Account is a name with its password. An account without a password is off.
type Account struct {
	User     string
	Password string
}

// role says what an authenticated client may do.
type role int

const (
	roleService role = iota
	roleViewer
)

// credentials takes user and password from where ClickHouse looks for them:
// basic authentication, its own headers, or the URL, in this order.
func credentials(r *http.Request) (user, password string, given bool) {
	if user, password, ok := r.BasicAuth(); ok {
		return user, password, true
	}
	if user := r.Header.Get("X-ClickHouse-User"); user != "" {
		return user, r.Header.Get("X-ClickHouse-Key"), true
	}
	q := r.URL.Query()
	return q.Get("user"), q.Get("password"), q.Has("user")
}

// authenticate compares with every account in constant time, so that the time
// taken tells nothing of names or passwords.
func (f *Front) authenticate(r *http.Request) (role, error) {
	user, password, given := credentials(r)
	if !given {
		return 0, refuse(codeRequiredPassword, "REQUIRED_PASSWORD",
			"Authentication is required: give user and password by basic authentication, "+
				"by the headers X-ClickHouse-User and X-ClickHouse-Key, or by the parameters user and password")
	}
	service := f.cfg.Service.matches(user, password)
	viewer := f.cfg.Viewer.matches(user, password)
	switch {
	case service:
		return roleService, nil
	case viewer:
		return roleViewer, nil
	}
	return 0, refuse(codeAuthFailed, "AUTHENTICATION_FAILED",
		"%s: Authentication failed: password is incorrect, or there is no user with such name", user)
}

func (a Account) matches(user, password string) bool {
	same := equal(a.User, user) & equal(a.Password, password)
	return same == 1 && a.Password != ""
}

func equal(want, got string) int {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(a[:], b[:])
}
