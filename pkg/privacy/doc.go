// Package privacy takes secrets and personal data out of what is kept: it
// masks them in free text, replaces identifying fields by keyed hashes, and
// drops or coarsens what a policy says.
//
// A mask is the kind of what stood there, in brackets: "[token]". Things are
// found by shape anywhere (a JWT, a card number, an e-mail address) and by the
// name in front of them (password=…, "api_key": …, Authorization: …). A mask
// replaces the secret and nothing else: what a request was built of stays
// readable, and of a named value that holds an attack only its words go.
//
// The package may import block, event, finding and the standard library. It has no
// clock, no I/O and no logger; secrets and times come in as arguments, and it
// never gives a key away but in what Keyring.Marshal and MatchKeys return.
package privacy
