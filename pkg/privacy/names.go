package privacy

import (
	"bytes"
	"fmt"
	"strings"
)

// Numbers of the kinds, and two that are none.
const (
	asToken = iota
	asPassword
	asKey
	asJWT
	asSession
	asEmail
	asCard
	asPhone
	asNational

	notSecret = -1
	asCode    = -2 // a token if the request is one of OAuth
)

// nameTable tells what a name says of its value. Names are compared in lower
// case without separators: X-Api-Key is xapikey.
type nameTable struct {
	exact map[string]int
	// last holds what makes a name secret that ends with it as a word:
	// db_password, newPassword.
	last map[string]int
	ends endings
}

// secretNames are the names that are known everywhere.
func secretNames() nameTable {
	t := nameTable{exact: map[string]int{}, last: map[string]int{}}
	put := func(kind int, names string) {
		for name := range strings.FieldsSeq(names) {
			t.put(kind, name)
		}
	}
	ends := func(kind int, names string) {
		put(kind, names)
		for name := range strings.FieldsSeq(names) {
			t.last[name] = kind
		}
	}
	ends(asPassword, "password passwd passphrase passcode secret credential credentials pwd")
	put(asPassword, "pass pw passwort kennwort motdepasse contrasena contraseña otp totp mfacode pin cvv cvc cvv2 userpass log4jpassword")
	ends(asToken, "token accesstoken refreshtoken idtoken authtoken jwt bearer")
	put(asToken, "auth authorization proxyauthorization oauthtoken oauthverifier samlresponse samlrequest assertion ticket authcode verificationcode resetcode")
	ends(asKey, "apikey secretkey privatekey accesskey signature accesskeyid")
	put(asKey, "key xapikey appkey authkey masterkey subscriptionkey ocpapimsubscriptionkey sig hmac xamzsignature xamzcredential xgoogsignature xgoogcredential licensekey")
	ends(asSession, "sessionid sessid sessiontoken")
	put(asSession, "session sid jsessionid phpsessid aspsessionid aspnetsessionid connectsid cfid cftoken zenid oscsid sessionkey")
	ends(asEmail, "email emailaddress")
	put(asEmail, "mail mailaddress")
	ends(asPhone, "phonenumber mobilenumber")
	put(asPhone, "phone mobile tel telephone telefon msisdn phoneno")
	ends(asCard, "cardnumber creditcard")
	put(asCard, "ccnumber ccnum pan cardno")
	put(asNational, "ssn socialsecuritynumber nationalid iban taxid steuerid dni nie nif nir bsn cpf nino codicefiscale passportnumber")
	put(asCode, "code")
	put(notSecret, "pagetoken nextpagetoken nexttoken continuationtoken synctoken tokentype accesstokentype signaturemethod")
	return t
}

func (t *nameTable) put(kind int, name string) {
	t.exact[name] = kind
	if kind != notSecret {
		t.ends.add(name)
	}
}

// add adds names that a person chose.
func (t *nameTable) add(names []string) error {
	for _, name := range names {
		var buf [maxName]byte
		plain := buf[:0]
		for _, c := range []byte(name) {
			if isAlnum(c) || c >= 0x80 {
				plain = append(plain, lower(c))
			}
		}
		if len(plain) == 0 || len(name) > maxName {
			return fmt.Errorf("parameter %q: want a name with 1 to %d letters and digits", name, maxName)
		}
		t.put(asToken, string(plain))
	}
	return nil
}

// endings says how names end that are secret: most others are ruled out
// without a look at the rest. Letters count by their low five bits.
type endings struct {
	three [32]uint32 // of names of three letters, the last two
	four  [128]uint32
	short bool // there are names of one or two letters
}

func (e *endings) add(name string) {
	n := len(name)
	switch {
	case n < 3:
		e.short = true
	case n == 3:
		e.three[name[1]&31] |= 1 << (name[2] & 31)
	default:
		h := fourHash(name[n-4], name[n-3], name[n-2], name[n-1])
		e.four[h/32] |= 1 << (h % 32)
	}
}

func (e *endings) hasThree(a, b byte) bool { return e.three[a&31]>>(b&31)&1 != 0 }

func (e *endings) hasFour(a, b, c, d byte) bool {
	h := fourHash(a, b, c, d)
	return e.four[h/32]>>(h%32)&1 != 0
}

func fourHash(a, b, c, d byte) uint32 {
	n := uint32(a&31)<<15 | uint32(b&31)<<10 | uint32(c&31)<<5 | uint32(d&31)
	return n * 0x9e3779b1 >> 20
}

const (
	maxName  = 64  // of a name, letters and digits that are compared
	nameSpan = 160 // of a name, bytes that are looked at
)

// name finds the name that ends before in[end] and what it says. begin is
// where it begins.
func (s *scan) name(end int) (kind, begin int) {
	v := s.in
	if end-s.done < 1 || !s.m.mayBeSecret(v[s.done:end]) {
		return notSecret, end
	}
	r := nameReader{at: maxName}
	for begin = end; begin > max(s.done, end-nameSpan); {
		c, start := unitBefore(v, begin, s.done)
		if !r.take(c) {
			break
		}
		begin = start
	}
	return s.m.names.kind(&r), begin
}

// mayBeSecret is wrong about names that are not secret only. before ends with
// the name.
func (m *Masker) mayBeSecret(before []byte) bool {
	n := len(before)
	letters := 0
	for letters < min(4, n) && isAlnum(before[n-1-letters]) {
		letters++
	}
	e := &m.names.ends
	if letters == 4 {
		tail := before[n-4:]
		return e.hasThree(tail[2], tail[3]) || e.hasFour(tail[0], tail[1], tail[2], tail[3]) ||
			bytes.IndexByte(before[max(0, n-8):n-4], '%') >= 0
	}
	if letters < n && inName(before[n-1-letters]) {
		return true
	}
	return e.short || letters == 3 && e.hasThree(before[n-2], before[n-1])
}

// inName tells whether a sign can be part of a name.
func inName(c byte) bool {
	return c >= 0x80 || c == '_' || c == '-' || c == '.' || c == '[' || c == ']' || c == '%' || c == '~' || c == '$' || c == '"'
}

// nameReader takes the characters of a name from its end to its beginning and
// keeps those that are compared: a[b][0] is b.
type nameReader struct {
	buf    [maxName]byte
	at     int    // what is kept lies in buf[at:]
	words  uint64 // bit i: a word of the name begins at buf[i]
	letter bool   // something else than digits is kept
	closed bool   // the last bracket is read
	alone  bool   // nothing lies before the bracket: it is a mask
	judged bool   // what lies before the bracket has been looked at
	before byte   // the character that was taken before, which is the next one
}

// take takes a character; it returns false if it does not belong to a name.
func (r *nameReader) take(c byte) bool {
	if r.before == '[' && !r.judged {
		r.alone = r.closed && !isAlnum(c) && c != ']'
		r.judged = r.closed
	}
	switch {
	case isAlnum(c) || c >= 0x80:
		r.keep(c)
	case c == '[':
		if r.letter {
			r.closed, r.alone = true, r.alone || !r.judged
		} else {
			r.at, r.words = maxName, 0
		}
	case c == '_' || c == '-' || c == '.' || c == '~':
		r.boundary()
	case c != ']' && c != '$':
		return false
	}
	r.before = c
	return true
}

func (r *nameReader) keep(c byte) {
	if r.closed || r.at == 0 {
		return
	}
	if isDigit(c) || c >= 'a' || c >= 0x80 {
		if r.before >= 'A' && r.before <= 'Z' {
			r.boundary()
		}
	}
	r.at--
	r.buf[r.at] = lower(c)
	r.letter = r.letter || !isDigit(c)
}

func (r *nameReader) boundary() {
	if !r.closed && r.at < maxName {
		r.words |= 1 << r.at
	}
}

// kind is what a name says.
func (t *nameTable) kind(r *nameReader) int {
	if r.at == maxName || r.alone {
		return notSecret
	}
	if kind, ok := t.exact[string(r.buf[r.at:])]; ok {
		return kind
	}
	for i := r.at + 1; i < maxName; i++ {
		if r.words>>i&1 != 0 {
			if kind, ok := t.last[string(r.buf[i:])]; ok {
				return kind
			}
		}
	}
	return notSecret
}
