package alerting

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"time"

	httpclient "github.com/go-openapi/runtime/client"
	"github.com/prometheus/alertmanager/api/v2/client"
	alertapi "github.com/prometheus/alertmanager/api/v2/client/alert"
	"github.com/prometheus/alertmanager/api/v2/models"
)

// apiClient posts alerts to one Alertmanager.
type apiClient struct {
	name    string
	api     alertapi.ClientService
	timeout time.Duration
	close   func()
}

func newAPIClient(t Target, timeout time.Duration) (*apiClient, error) {
	u, err := t.parse()
	if err != nil {
		return nil, err
	}
	carrier, closeIdle := t.transport()
	rt := httpclient.NewWithClient(u.Host, path.Join("/", u.Path, "api/v2"), []string{u.Scheme},
		&http.Client{Transport: carrier})
	switch {
	case t.BearerToken != "":
		rt.DefaultAuthentication = httpclient.BearerToken(t.BearerToken)
	case t.Username != "":
		rt.DefaultAuthentication = httpclient.BasicAuth(t.Username, t.Password)
	}
	return &apiClient{
		name:    t.name(),
		api:     client.New(rt, nil).Alert,
		timeout: timeout,
		close:   closeIdle,
	}, nil
}

func (c *apiClient) post(ctx context.Context, batch []outgoing) error {
	alerts := make(models.PostableAlerts, len(batch))
	for i, out := range batch {
		alerts[i] = wire(out.alert)
	}
	params := alertapi.NewPostAlertsParamsWithContext(ctx).WithAlerts(alerts).WithTimeout(c.timeout)
	if _, err := c.api.PostAlerts(params); err != nil {
		return fmt.Errorf("post %d alerts to Alertmanager %s: %w%s", len(batch), c.name, err, hint(err))
	}
	return nil
}

// coded is an error that stands for an HTTP answer.
type coded interface{ IsCode(int) bool }

// refused says that the batch itself was at fault: sent again as it is, it
// would be refused again.
func refused(err error) bool {
	return hasCode(err, http.StatusBadRequest, http.StatusUnprocessableEntity)
}

func hasCode(err error, codes ...int) bool {
	var answer coded
	if !errors.As(err, &answer) {
		return false
	}
	for _, code := range codes {
		if answer.IsCode(code) {
			return true
		}
	}
	return false
}

// hint says what a person can do about err.
func hint(err error) string {
	var (
		noName    *net.DNSError
		noDial    *net.OpError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
	)
	switch {
	case hasCode(err, http.StatusUnauthorized, http.StatusForbidden):
		return " (check username and password, or the bearer token)"
	case hasCode(err, http.StatusNotFound, http.StatusMethodNotAllowed):
		return " (is this Alertmanager's URL? give it with its route prefix and without /api/v2)"
	case hasCode(err, http.StatusRequestEntityTooLarge):
		return " (a proxy in front of Alertmanager limits the size of requests: raise it to 2 MB)"
	case errors.As(err, &authority):
		return " (its certificate is from an unknown authority: name the CA file)"
	case errors.As(err, &hostname):
		return " (its certificate is for another name: use that name in the URL)"
	case errors.As(err, &noName):
		return " (the name does not resolve: check the URL)"
	case errors.As(err, &noDial) && noDial.Op == "dial":
		return " (is it running, and is the port right? alerts are kept and posted when it is back)"
	}
	return ""
}
