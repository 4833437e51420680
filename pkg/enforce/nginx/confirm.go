package nginx

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// versionFile makes nginx say which version of the files its workers have:
// those of before answer with another.
const versionFile = "version.map"

const (
	confirmEvery = 20 * time.Millisecond
	// confirmFor is for how long nobody may answer with another version: nginx
	// lets its old workers go 100 ms after it has started the new ones.
	confirmFor = 250 * time.Millisecond
	// confirmWithin bounds the wait for nginx's new workers: reading a
	// configuration with 100,000 addresses takes a second or two.
	confirmWithin = 15 * time.Second
	// confirmBriefly is for a server that did not answer at all before.
	confirmBriefly = time.Second
)

// versionOf names the content of files.
func versionOf(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// versionMap is the content of versionFile.
func versionMap(version string) []byte { return []byte(heading + "version " + version + ";\n") }

// asking is a client that asks nginx at an address, HOST:PORT or unix:/PATH.
// A connection that is kept would be that of an old worker.
func asking(address string) http.Client {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// errBrief: it was the right version each time, but there was too little time.
var errBrief = errors.New("it has shown them for less than " + confirmFor.String())

// confirm waits until all workers of nginx have a version. A reload that nginx
// was told to do need not happen: its master goes on with the old
// configuration when it cannot use the new one.
func (f *Files) confirm(ctx context.Context, version string) error {
	if f.o.Confirm == "" {
		return nil
	}
	within := f.within
	if f.silent { // do not hold up the next changes for nothing
		within = min(within, confirmBriefly)
	}
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	since := f.o.Now() // it has been just this version
	f.silent = true
	why := errBrief
	for {
		has, err := f.says(waiting)
		switch {
		case err != nil:
			since = f.o.Now()
			if waiting.Err() == nil || why == errBrief { // that time is up says little
				why = err
			}
		case has != version:
			since, why, f.silent = f.o.Now(), fmt.Errorf("it answers with version %.40q, want %q", has, version), false
		case f.o.Now()-since >= confirmFor:
			f.silent = false
			return nil
		default:
			f.silent = false
		}
		if pause(waiting, confirmEvery) != nil {
			return f.unconfirmed(why)
		}
	}
}

// unconfirmed says what a person has to look for.
func (f *Files) unconfirmed(why error) error {
	if f.silent {
		return fmt.Errorf("nginx was told to reload, and nobody at %s (confirm) tells whether it did: %w (is the server of conf.d/honeymoat-maps.conf there? until it answers, no block counts as enforced here, whatever nginx refuses)", f.o.Confirm, why)
	}
	return fmt.Errorf("nginx was told to reload, and does not show the new blocks at %s: %w (does conf.d/honeymoat-maps.conf include the files in %s? see nginx's error log)", f.o.Confirm, why, f.o.Dir)
}

// says asks nginx for the version that it has.
func (f *Files) says(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://nginx/", nil)
	if err != nil {
		return "", err
	}
	resp, err := f.http.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(resp.Body, 256))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", resp.Status)
	}
	return strings.TrimSpace(string(text)), err
}
