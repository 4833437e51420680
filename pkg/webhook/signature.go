package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Header is the header that holds the signature of a delivery:
//
//	X-Honeymoat-Signature: t=1795262400,v1=6ce5…
//
// t is when it was sent, in seconds since 1970; v1 is the HMAC-SHA256, in hex,
// of t, a dot and the body. While a secret is being changed there is a v1 for
// each.
const Header = "X-Honeymoat-Signature"

// ErrSignature is wrapped by Verify's errors.
var ErrSignature = errors.New("the signature is not right")

// sign makes the header for a body.
func sign(body []byte, secrets []string, now time.Time) string {
	t := strconv.FormatInt(now.Unix(), 10)
	parts := []string{"t=" + t}
	for _, secret := range secrets {
		parts = append(parts, "v1="+hex.EncodeToString(mac(secret, t, body)))
	}
	return strings.Join(parts, ",")
}

func mac(secret, t string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(t + "."))
	_, _ = h.Write(body)
	return h.Sum(nil)
}

// Verify is for receivers: it tells whether a body comes from who has the
// secret, and was signed no longer ago than tolerance, so that nobody who has
// listened can send it again later.
func Verify(header string, body []byte, secret string, tolerance time.Duration, now time.Time) error {
	t, signatures := "", []string(nil)
	for _, part := range strings.Split(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			t = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	at, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: it has no time", ErrSignature)
	}
	if age := now.Sub(time.Unix(at, 0)).Abs(); age > tolerance {
		return fmt.Errorf("%w: it is %s old", ErrSignature, age)
	}
	want := mac(secret, t, body)
	for _, text := range signatures {
		if got, err := hex.DecodeString(text); err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return fmt.Errorf("%w: it was made with another secret, or for another body", ErrSignature)
}
