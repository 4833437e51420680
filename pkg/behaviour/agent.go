package behaviour

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// crowd is who an actor is compared with.
type crowd uint8

const (
	programs crowd = iota // who says it is a program, or nothing
	browsers              // who says it is a browser: a person is expected
	partners              // applications and keys: programs that are known by name
	crowds                // count
)

// agents remembers what user agents are: of those whose hashes begin alike, the
// last few.
type agents struct {
	seed uint64
	sets [1 << agentBits][agentWays]uint64 // the hash, but for its last bits, which are the crowd
}

const (
	agentBits = 10
	agentWays = 4
	crowdMask = 3
)

// of tells what a user agent is, and gives its hash.
func (a *agents) of(name []byte) (crowd, uint64) {
	if len(name) == 0 {
		return programs, 0
	}
	hash := xxh3.HashSeed(name, a.seed)
	set := &a.sets[hash>>(64-agentBits)]
	for _, known := range set {
		if (known^hash)&^crowdMask == 0 {
			return crowd(known & crowdMask), hash
		}
	}
	is := programs
	if isBrowser(name) {
		is = browsers
	}
	copy(set[1:], set[:agentWays-1])
	set[0] = hash&^crowdMask | uint64(is)
	return is, hash
}

// isBrowser tells user agents of browsers from those of programs which tell
// that they are programs, however they begin.
func isBrowser(name []byte) bool {
	if !bytes.HasPrefix(name, []byte("Mozilla/")) && !bytes.HasPrefix(name, []byte("Opera/")) {
		return false
	}
	lower := bytes.ToLower(name)
	return containsAny(lower, "gecko", "chrome/", "firefox/", "safari/", "msie ", "trident/", "opera", "edge/") &&
		!containsAny(lower, "bot", "crawl", "spider", "slurp", "http:", "https:", "headless", "preview", "monitor", "scan",
			"feed", "archive", "python", "curl", "wget", "java/", "okhttp", "phantom", "electron/", "validator", "yandex")
}

func containsAny(text []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(text, []byte(w)) {
			return true
		}
	}
	return false
}
