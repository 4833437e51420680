package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/httpapi/bouncer"
)

// listening is a server and where it listens.
type listening struct {
	*http.Server
	listener  net.Listener
	encrypted bool
}

// serve answers until the server is stopped, which is no error.
func (l listening) serve() error {
	var err error
	if l.encrypted {
		err = l.ServeTLS(l.listener, "", "")
	} else {
		err = l.Serve(l.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve http on %s: %w", l.listener.Addr(), err)
}

// listen opens the front, and the plain one for bouncers if there is to be
// one.
func (s *Server) listen() ([]listening, error) {
	front, err := listenOn(s.options.Listener, s.options.Address)
	if err != nil {
		return nil, err
	}
	named := bouncer.NameConnections()
	server := s.newServer(s.engine, named)
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.keyPair.get}
	all := []listening{{server, front, true}}
	if s.options.PlainListener == nil && s.options.PlainAddress == "" {
		return all, nil
	}
	plain, err := listenOn(s.options.PlainListener, s.options.PlainAddress)
	if err != nil {
		return nil, errors.Join(err, front.Close())
	}
	return append(all, listening{s.newServer(s.bouncers, named), plain, false}), nil
}

func listenOn(l net.Listener, address string) (net.Listener, error) {
	if l != nil {
		return l, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for http: %w; is another honeymoat running?", err)
	}
	return l, nil
}

func (s *Server) newServer(h http.Handler, named func(context.Context, net.Conn) context.Context) *http.Server {
	return &http.Server{
		Handler:           h,
		ConnContext:       named,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      s.options.QueryTimeout + readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What goes wrong below HTTP is the doing of strangers mostly.
		ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
}
