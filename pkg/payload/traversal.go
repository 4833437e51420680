package payload

// traversal finds a way up out of a directory, and absolute names of files that
// belong to the system.
func traversal(t *text) bool {
	return t.place == inValue && rooted(t.low) || t.signs&dot != 0 && (climbs(t.low) || lostSlashes(t.low)) || systemFile(t) ||
		t.has("0x2e0x2e", "..0x2f", "..0x5c", "/././", ".../.../", "...\\...\\", ".php\x00", ".html\x00", "passwd\x00", "\x00.jpg", "\x00.png", "\x00.html", "\x00.php", "\x00.txt")
}

// climbs tells whether a segment of v is "..", or the dots that become one when
// a filter takes "../" out.
func climbs(v []byte) bool {
	for i := 0; i < len(v); i++ {
		if v[i] != '.' {
			continue
		}
		start := i
		for i < len(v) && v[i] == '.' {
			i++
		}
		n := i - start
		if (n == 2 || n >= 4) && beginsSegment(v, start) && endsSegment(v, start, i) {
			return true
		}
	}
	return false
}

// rooted tells whether v is a path from the root of a system to what no site
// offers from there.
func rooted(v []byte) bool {
	v = skip(v, isSpace)
	if len(v) > 3 && isLetter(v[0]) && v[1] == ':' && v[2] == '/' {
		v = skip(v[2:], func(c byte) bool { return c == '/' })
		return prefixed(v, "windows/", "winnt/", "apache", "xampp/", "wamp", "program files", "programdata/", "documents and settings/", "inetpub/", "appserv/", "mysql/", "php/", "nginx/")
	}
	return len(v) > 5 && v[0] == '/' && isAll(v, isPrint) && prefixed(v[1:], "etc/", "proc/", "root/", "var/log/", "var/apache", "var/www/", "var/lib/", "var/spool/", "var/mail/",
		"var/run/", "usr/local/apache", "usr/local/nginx", "usr/local/etc/", "usr/local/php", "opt/lamp", "boot/grub", "dev/fd/", "sys/class/", "sys/kernel/")
}

func prefixed(v []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if hasPrefix(v, p) {
			return true
		}
	}
	return false
}

// lostSlashes tells whether v begins with the dots of a way up whose backslashes
// something took out: ......windows.
func lostSlashes(v []byte) bool {
	rest := skip(v, func(c byte) bool { return c == '/' })
	dots := leading(rest, func(c byte) bool { return c == '.' })
	return len(dots) >= 6 && len(dots) < len(rest) && (len(rest) < len(v) || len(dots) >= 8) && !isSpace(rest[len(dots)])
}

func beginsSegment(v []byte, i int) bool {
	if i == 0 {
		return true
	}
	switch c := v[i-1]; c {
	case '/', '\\', '=', '?', '&', '"', '\'', ':', ',', ';', '|', 0:
		return true
	default:
		return isSpace(c)
	}
}

// endsSegment tells whether the dots from start to i are a segment: a slash
// stands behind them, or before them when they are the last.
func endsSegment(v []byte, start, i int) bool {
	if i == len(v) || v[i] == 0 {
		return start > 0 && (v[start-1] == '/' || v[start-1] == '\\')
	}
	switch v[i] {
	case '/', '\\':
		return true
	case ';':
		return i+1 < len(v) && (v[i+1] == '/' || v[i+1] == '\\')
	}
	return false
}

var systemFiles = [...]string{
	"etc/passwd", "etc/shadow", "etc/group", "etc/hosts", "etc/hostname", "etc/issue", "etc/motd", "etc/fstab",
	"etc/crontab", "etc/sudoers", "etc/resolv.conf", "etc/profile", "etc/environment", "etc/os-release",
	"etc/nginx/", "etc/apache", "etc/httpd/", "etc/ssh/", "etc/mysql/", "etc/my.cnf", "etc/php", "etc/ssl/private",
	"etc/kubernetes/", "etc/security/", "proc/self/", "proc/version", "proc/cpuinfo", "proc/cmdline", "proc/mounts",
	"proc/net/", "proc/1/", "var/log/", "var/run/secrets", "var/spool/cron", "var/lib/mysql", "var/mail/",
	"root/.ssh", "root/.bash", ".ssh/id_", ".ssh/authorized_keys", ".aws/credentials", ".bash_history", ".htpasswd",
	"boot.ini", "win.ini", "system.ini", "php.ini", "desktop.ini", "windows/system32", "windows/repair", "winnt/", "inetpub/", "web-inf/", "web-inf\\", "meta-inf/context", "meta-inf/manifest",
}

// systemFile finds a file of the system as the whole of a value, or as its last
// part: a sentence about one is none.
func systemFile(t *text) bool {
	for _, name := range systemFiles {
		n := t.index(name)
		if n < 0 || n > 0 && isWord(t.low[n-1]) || n == 0 && name[0] == '.' {
			continue
		}
		if t.place == inPath && name == "var/log/" {
			continue
		}
		if isPathTo(t.low[:n]) {
			return true
		}
	}
	return false
}

// isPathTo tells whether v, what stands before a file's name, is the beginning
// of a path and no sentence; a quote or an = may come before it.
func isPathTo(v []byte) bool {
	for len(v) > 0 {
		switch c := v[len(v)-1]; {
		case c == '\'' || c == '"' || c == '=' || c == '<' || c == ',':
			return true
		case isSpace(c):
			return len(skip(v, isSpace)) == 0
		}
		v = v[:len(v)-1]
	}
	return true
}
