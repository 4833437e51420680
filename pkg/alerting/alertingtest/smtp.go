package alertingtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is a message as its reader sees it.
type Mail struct {
	From    string
	To      []string
	Subject string
	Text    string
	HTML    string
}

// SMTPSink is a mail server on loopback that asks for one user and password
// and keeps the messages.
type SMTPSink struct {
	address  string
	password string
	got      *queue[Mail]
}

// NewSMTPSink starts a sink that ends with the test. Whoever sends has to
// authenticate with password, under any name.
func NewSMTPSink(tb testing.TB, password string) *SMTPSink {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen for mail: %v", err)
	}
	s := &SMTPSink{address: listener.Addr().String(), password: password, got: newQueue[Mail]()}
	server := smtp.NewServer(s)
	server.Domain = "localhost"
	server.ErrorLog = log.New(io.Discard, "", 0) // clients of a test that ends break off
	server.AllowInsecureAuth = true
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	tb.Cleanup(func() {
		listener.Close() // Close does not, of a server that is about to serve
		server.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			tb.Errorf("mail server: %v", err)
		}
	})
	return s
}

// Address is host and port.
func (s *SMTPSink) Address() string { return s.address }

// Next gives the oldest mail that no call has given yet. It waits up to a minute
// for one, then fails the test.
func (s *SMTPSink) Next(tb testing.TB) Mail {
	tb.Helper()
	return s.got.next(tb, "mail", every)
}

// NextTo is Next for mail to one address; the rest waits.
func (s *SMTPSink) NextTo(tb testing.TB, address string) Mail {
	tb.Helper()
	return s.got.next(tb, "mail to "+address, func(m *Mail) bool { return slices.Contains(m.To, address) })
}

// NextWhole is NextTo for mail about several alerts: Alertmanager may look at
// their group while the last of them come in, and then tells of some of them
// first. It gives the first mail to the address that is whole.
func (s *SMTPSink) NextWhole(tb testing.TB, address string, whole func(Mail) bool) Mail {
	tb.Helper()
	return s.got.next(tb, "whole mail to "+address, func(m *Mail) bool { return slices.Contains(m.To, address) && whole(*m) })
}

// Waiting is the number of mails that Next would give at once.
func (s *SMTPSink) Waiting() int { return s.got.len() }

// NewSession implements [smtp.Backend].
func (s *SMTPSink) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &smtpSession{sink: s}, nil
}

// smtpSession is one connection.
type smtpSession struct {
	sink *SMTPSink
	auth bool
	from string
	to   []string
}

func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != s.sink.password {
			return smtp.ErrAuthFailed
		}
		s.auth = true
		return nil
	}), nil
}

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.auth {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	m, err := readMail(r)
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	m.From, m.To = s.from, s.to
	s.sink.got.put(m)
	return nil
}

func (s *smtpSession) Reset() { s.from, s.to = "", nil }

func (s *smtpSession) Logout() error { return nil }

// readMail decodes the header and the two forms of the body.
func readMail(r io.Reader) (Mail, error) {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	var m Mail
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return Mail{}, err
	}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return Mail{}, err
	}
	return m, m.readParts(multipart.NewReader(msg.Body, params["boundary"]))
}

func (m *Mail) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(quotedprintable.NewReader(part)); err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = body.String()
		} else {
			m.Text = body.String()
		}
	}
}
