package alertingtest

import (
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWebhookSinkKeepsWhatItGot(t *testing.T) {
	s := NewWebhookSink(t)
	f := func(body string, want int) {
		t.Helper()
		res, err := http.Post(s.URL(), "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatalf("post: %v", err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q was answered with %d, want %d", body, res.StatusCode, want)
		}
	}
	f(`{"receiver":"pager","alerts":[{"labels":{"actor":"192.0.2.1"}}]}`, http.StatusOK)
	f(`{`, http.StatusBadRequest)
	if n := s.Next(t); n.Receiver != "pager" || n.Actors()[0] != "192.0.2.1" {
		t.Errorf("kept %+v", n)
	}
	if s.Waiting() != 0 {
		t.Error("garbage was kept")
	}
	http.DefaultClient.CloseIdleConnections()
}

const plainMail = "Subject: =?utf-8?q?caf=C3=A9?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\ntext=21\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>html</b>\r\n--b--\r\n"

func TestSMTPSinkDecodesMail(t *testing.T) {
	s := NewSMTPSink(t, "secret")
	auth := smtp.PlainAuth("", "anybody", "secret", "127.0.0.1")
	if err := smtp.SendMail(s.Address(), auth, "a@example.org", []string{"b@example.org"}, []byte(plainMail)); err != nil {
		t.Fatalf("send: %v", err)
	}
	m := s.Next(t)
	if m.Subject != "café" || m.Text != "text!" || m.HTML != "<b>html</b>" || m.From != "a@example.org" || m.To[0] != "b@example.org" {
		t.Errorf("got %+v", m)
	}
}

func TestSMTPSinkRefusesStrangers(t *testing.T) {
	s := NewSMTPSink(t, "secret")
	f := func(auth smtp.Auth) {
		t.Helper()
		if err := smtp.SendMail(s.Address(), auth, "a@example.org", []string{"b@example.org"}, []byte(plainMail)); err == nil {
			t.Error("mail without the password was taken")
		}
	}
	f(nil)
	f(smtp.PlainAuth("", "anybody", "wrong", "127.0.0.1"))
	if s.Waiting() != 0 {
		t.Error("refused mail was kept")
	}
}
