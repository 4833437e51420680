package embedded

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// MaxPayload is the largest message that the server takes, in bytes.
const MaxPayload = 4 << 20

// Options say how the server runs.
type Options struct {
	// Dir keeps the streams. One process at a time may use it. With Leaf it
	// is not used.
	Dir string
	// Key encrypts the streams at rest; any secret of at least 16 bytes. The
	// same key is needed at every later start.
	Key string
	// Listen is the address, host:port, where agents reach the server once
	// Listen is called; port 0 takes a free one. Empty: no agents by the bus.
	Listen string
	// TLS is the certificate for Listen, and required with it.
	TLS *tls.Config
	// Leaf joins an external cluster instead of keeping streams here.
	Leaf *Leaf
}

// Leaf is the external cluster to join. Its JetStream needs a domain.
type Leaf struct {
	// URLs of the cluster's leaf node listeners. User and password may stand
	// in them.
	URLs []string
	// Credentials is the path of a credentials file; empty when the URLs
	// carry user and password.
	Credentials string
	// TLS, when not nil, is used for the connection.
	TLS *tls.Config
}

// minKey is the least length of a key in bytes.
const minKey = 16

func (o *Options) validate() error {
	if o.Listen != "" && o.TLS == nil {
		return errors.New("bus server: agents are listened for without a certificate; give TLS, or no address to listen on")
	}
	if _, _, err := o.address(); err != nil {
		return err
	}
	if o.Leaf != nil {
		_, err := o.Leaf.parse()
		return err
	}
	if o.Dir == "" {
		return errors.New("bus server: no directory for the streams")
	}
	if len(o.Key) < minKey {
		return fmt.Errorf("bus server: the key has %d bytes; want at least %d", len(o.Key), minKey)
	}
	return nil
}

func (o *Options) address() (host string, port int, err error) {
	if o.Listen == "" {
		return "127.0.0.1", 0, nil
	}
	host, digits, err := net.SplitHostPort(o.Listen)
	if err == nil {
		port, err = strconv.Atoi(digits)
	}
	if err != nil {
		return "", 0, fmt.Errorf("bus server: address %q: want HOST:PORT: %w", o.Listen, err)
	}
	return host, port, nil
}

func (l *Leaf) parse() ([]*url.URL, error) {
	if len(l.URLs) == 0 {
		return nil, errors.New("bus server: an external cluster without a URL")
	}
	urls := make([]*url.URL, 0, len(l.URLs))
	for _, raw := range l.URLs {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			// The URL may carry a password: only its place in the list is told.
			return nil, fmt.Errorf("bus server: URL %d of the external cluster: want nats-leaf://HOST:PORT", len(urls)+1)
		}
		urls = append(urls, u)
	}
	return urls, nil
}
