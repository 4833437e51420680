// Package identify tells who is behind a request from what the request shows
// of itself: which header, cookie or query key carries the user, the
// application, the key, the token, the session, the TLS fingerprint and the
// api. Its defaults name the same principals as access logs do (package
// accesslog), so that what was found in a log is refused at the gateway.
//
// It may import block. It never checks a password, a token's signature or a
// session: that is the application's, and a block on a name has to hold
// whether the name is proved or not.
package identify
