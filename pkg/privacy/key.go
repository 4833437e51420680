package privacy

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Key is a key of hashes. Whoever has it can find out whose a hash is.
type Key struct {
	ID     string    // "k" and 8 hex digits, made from the secret
	Secret [32]byte  `json:"-"`
	Made   time.Time // since when new hashes are made with it
}

// NewKey makes a key of a random secret.
func NewKey(now time.Time, secret [32]byte) Key {
	sum := sha256.Sum256(append([]byte("honeymoat key id\x00"), secret[:]...))
	return Key{ID: "k" + hex.EncodeToString(sum[:4]), Secret: secret, Made: now.UTC().Truncate(time.Second)}
}

// String is the key's id: a secret does not get into a log by accident.
func (k Key) String() string { return k.ID }

// GoString is String.
func (k Key) GoString() string { return k.ID }

// Keyring holds the current key and previous ones. It is immutable; the zero
// Keyring is empty.
type Keyring struct{ keys []Key } // the current one first

// Empty tells whether there is no key.
func (k Keyring) Empty() bool { return len(k.keys) == 0 }

// IDs lists the ids of the keys, the current one first.
func (k Keyring) IDs() []string {
	ids := make([]string, len(k.keys))
	for i := range k.keys {
		ids[i] = k.keys[i].ID
	}
	return ids
}

// Made is when the current key was made, or the zero time.
func (k Keyring) Made() time.Time {
	if k.Empty() {
		return time.Time{}
	}
	return k.keys[0].Made
}

// String lists the ids.
func (k Keyring) String() string { return fmt.Sprint(k.IDs()) }

// GoString is String.
func (k Keyring) GoString() string { return k.String() }

// Rotate gives a keyring with a new current key.
func (k Keyring) Rotate(now time.Time, secret [32]byte) Keyring {
	return Keyring{append([]Key{NewKey(now, secret)}, k.keys...)}
}

// Prune gives a keyring without the keys that had a successor before a time:
// what was hashed with them is no longer kept. The current key stays.
func (k Keyring) Prune(before time.Time) Keyring {
	for i := 1; i < len(k.keys); i++ {
		if k.keys[i-1].Made.Before(before) {
			return Keyring{k.keys[:i:i]}
		}
	}
	return k
}

// stored is a key as it is written to a file.
type stored struct {
	Secret string    `json:"secret"`
	Made   time.Time `json:"made"`
}

// Marshal writes the keyring, secrets included, as JSON for a file that only
// its owner may read.
func (k Keyring) Marshal() ([]byte, error) {
	keys := make([]stored, len(k.keys))
	for i := range k.keys {
		keys[i] = stored{base64.StdEncoding.EncodeToString(k.keys[i].Secret[:]), k.keys[i].Made}
	}
	data, err := json.MarshalIndent(map[string]any{"version": 1, "keys": keys}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write keyring: %w", err)
	}
	return append(data, '\n'), nil
}

// ErrKeyring is in the errors of ParseKeyring. They never quote what was read.
var ErrKeyring = errors.New("not a keyring")

// ParseKeyring reads what Marshal wrote.
func ParseKeyring(data []byte) (Keyring, error) {
	var file struct {
		Version int      `json:"version"`
		Keys    []stored `json:"keys"`
	}
	if json.Unmarshal(data, &file) != nil || file.Version != 1 || len(file.Keys) == 0 {
		return Keyring{}, fmt.Errorf("%w: want version 1 with keys; restore the file, for without its keys nobody can be found again", ErrKeyring)
	}
	var k Keyring
	for i, s := range file.Keys {
		key, err := s.key()
		if err != nil || i > 0 && key.Made.After(k.keys[i-1].Made) {
			return Keyring{}, fmt.Errorf("%w: key %d is damaged or out of order", ErrKeyring, i+1)
		}
		k.keys = append(k.keys, key)
	}
	return k, nil
}

func (s stored) key() (Key, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s.Secret)
	if err != nil || len(raw) != 32 || s.Made.IsZero() {
		return Key{}, ErrKeyring
	}
	return NewKey(s.Made, [32]byte(raw)), nil
}
