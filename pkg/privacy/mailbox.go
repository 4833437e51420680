package privacy

import "bytes"

const maxLocal = 256 // bytes that are looked at before an @

// mailbox looks for user information or an e-mail address around the @ at
// in[i].
func (s *scan) mailbox(i, size int) int {
	next := i + size
	if s.m.on&credentials != 0 {
		if from, ok := s.userInfo(i); ok {
			last := s.lastAt(i)
			s.replace(from, last, asPassword)
			_, size, _ = unit(s.in, last)
			return last + size
		}
	}
	if s.m.on&emails == 0 {
		return next
	}
	from := s.local(i)
	if from == i {
		return next
	}
	end := domainEnd(s.in, next)
	if end == next {
		return next
	}
	s.replace(from, end, asEmail)
	return end
}

// userInfo finds where the user information begins that ends at in[end].
func (s *scan) userInfo(end int) (from int, ok bool) {
	low := max(s.done, end-maxLocal)
	for from = end; from > low; {
		c, start := unitBefore(s.in, from, low)
		if c == '/' {
			return from, from < end && s.afterScheme(start, low)
		}
		if c == '@' || endsAuthority(c) {
			return 0, false
		}
		from = start
	}
	return 0, false
}

// lastAt is where the last @ begins of the authority in which in[i] is one: a
// password may hold others.
func (s *scan) lastAt(i int) int {
	last := i
	for i < len(s.in) {
		c, size, _ := unit(s.in, i)
		switch {
		case c == '@':
			last = i
		case c == '/' || endsAuthority(c):
			return last
		}
		i += size
	}
	return last
}

func endsAuthority(c byte) bool {
	return c <= ' ' || c == 0x7f || bytes.IndexByte([]byte(`?#&"<>=,;()[]`), c) >= 0
}

// afterScheme tells whether "https:/" ends before in[end].
func (s *scan) afterScheme(end, low int) bool {
	for _, want := range []byte("/:") {
		if end <= low {
			return false
		}
		c, start := unitBefore(s.in, end, low)
		if c != want {
			return false
		}
		end = start
	}
	return end > s.done && isAlnum(s.in[end-1])
}

// local finds where the name before the @ begins.
func (s *scan) local(end int) int {
	low := max(s.done, end-maxLocal)
	from := end
	for from > low {
		c, start := unitBefore(s.in, from, low)
		if !isAlnum(c) && c < 0x80 && bytes.IndexByte([]byte("._+-"), c) < 0 {
			break
		}
		from = start
	}
	if from == low && low > s.done {
		return end // longer than any
	}
	for from < end && bytes.IndexByte([]byte(".+-"), s.in[from]) >= 0 {
		from++
	}
	return from
}

// domainEnd is where the domain ends that begins at v[i], or i if there is
// none.
func domainEnd(v []byte, i int) int {
	end := i
	for end < len(v) {
		c, size, _ := unit(v, end)
		if !inDomain(c) {
			break
		}
		end += size
	}
	for end > i { // a point may end the sentence
		c, start := unitBefore(v, end, i)
		if c != '.' && c != '-' {
			break
		}
		end = start
	}
	if !hasTopLevel(v[i:end]) {
		return i
	}
	return end
}

func inDomain(c byte) bool { return isAlnum(c) || c >= 0x80 || c == '-' || c == '.' }

// hasTopLevel tells a domain from a version (vue@2.6.11) or the name of a
// picture (logo@2x.png).
func hasTopLevel(v []byte) bool {
	letters := true
	for i := len(v); i > 0; {
		c, start := unitBefore(v, i, 0)
		if c == '.' {
			top := v[i:]
			return start > 0 && len(top) >= 2 && (letters || bytes.HasPrefix(top, []byte("xn--"))) && !isAsset(top)
		}
		letters = letters && (isLetter(c) || c >= 0x80)
		i = start
	}
	return false
}

// isAsset tells whether a name ends a file and no domain.
func isAsset(name []byte) bool {
	for _, x := range []string{
		"png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "js", "mjs", "cjs", "css", "map", "json", "html",
		"htm", "xml", "txt", "woff", "ttf", "pdf", "php", "jsp", "aspx", "gz", "wasm", "tsx", "scss",
	} {
		if equalFold(name, x) {
			return true
		}
	}
	return false
}
