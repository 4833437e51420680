package payload

// class is how much a word alone says about being a command.
type class uint8

const (
	noCommand    class = iota
	plainCommand       // a word of English or of lists too
	sureCommand        // nothing but a command
)

// maxCommand is the length of the longest command that is known.
const maxCommand = 16

// startsCommand tells whether v begins with a command.
func startsCommand(v []byte) bool {
	class, _ := readCommand(skip(v, isSpace))
	return class != noCommand
}

// readCommand reads the command that v begins with, without its directory and
// without what shells take out of a word: quotes, backslashes, $@. It returns
// what follows too.
func readCommand(v []byte) (class, []byte) {
	var room [maxCommand]byte
	word, directory := room[:0], false
	i := 0
	for ; i < len(v); i++ {
		c := v[i]
		switch {
		case isWord(c) && len(word) < maxCommand:
			word = append(word, lowerByte(c))
			continue
		case c == '/':
			directory = directory || isProgramDirectory(word)
			word = word[:0]
			continue
		case isShellNoise(v[i:], len(word) > 0):
			continue
		}
		break
	}
	after := v[i:]
	if hasPrefix(after, ".exe") {
		return sureCommand, after[len(".exe"):]
	}
	if len(after) > 0 && (isWord(after[0]) || after[0] == '-' || after[0] == '.' || after[0] == '=' || after[0] == ':') {
		return noCommand, nil
	}
	c := classOf(word)
	if c == plainCommand && directory {
		c = sureCommand
	}
	return c, after
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func isProgramDirectory(name []byte) bool {
	return string(name) == "bin" || string(name) == "sbin"
}

// isShellNoise tells whether v begins with what a shell takes out of a word.
func isShellNoise(v []byte, inside bool) bool {
	switch v[0] {
	case '\\':
		return true
	case '\'', '"':
		return len(v) > 1 && (inside || isLetter(v[1]))
	case '@', '*':
		return false
	case '$':
		return inside && len(v) > 1 && (v[1] == '@' || v[1] == '*')
	}
	return false
}

// classOf knows the commands that attackers run.
func classOf(word []byte) class {
	switch string(word) {
	case "whoami", "ifconfig", "ipconfig", "netstat", "nslookup", "uname", "systeminfo", "tasklist", "wget", "tftp",
		"powershell", "pwsh", "certutil", "bitsadmin", "printenv", "chmod", "chown", "mknod", "mkfifo", "busybox",
		"lsof", "netsh", "crontab", "xxd", "regsvr32", "rundll32", "mshta", "wmic", "hostnamectl":
		return sureCommand
	case "cat", "tac", "ls", "id", "ps", "cp", "mv", "rm", "sh", "bash", "zsh", "ksh", "csh", "dash", "nc", "ncat",
		"netcat", "socat", "telnet", "curl", "fetch", "lynx", "ftp", "ssh", "scp", "vi", "vim", "nano", "ed", "dd",
		"wc", "df", "du", "pwd", "env", "set", "dir", "type", "echo", "printf", "head", "tail", "more", "less", "find",
		"grep", "egrep", "awk", "gawk", "sed", "cut", "tee", "sort", "uniq", "xargs", "sleep", "ping", "ping6",
		"traceroute", "tracert", "dig", "host", "hostname", "kill", "killall", "date", "touch", "mkdir", "rmdir", "ln",
		"who", "w", "last", "su", "sudo", "passwd", "useradd", "groups", "mount", "ip", "arp", "route", "iptables",
		"python", "python2", "python3", "perl", "ruby", "php", "node", "java", "gcc", "lua", "base64", "openssl", "tar",
		"zip", "unzip", "gzip", "nohup", "exec", "eval", "source", "export", "test", "time", "timeout", "ver", "vol",
		"net", "net1", "cmd", "copy", "move", "del", "erase", "ren", "md", "rd", "attrib", "reg", "sc", "schtasks",
		"start", "shutdown", "reboot", "halt", "mysql", "psql", "sqlite3", "nl", "od", "rev", "strings", "file", "stat",
		"diff", "system", "nmap", "at", "expr", "dirname", "history", "alias", "getent", "finger", "uptime", "free", "top":
		return plainCommand
	}
	return noCommand
}
