package privacy

import "strings"

// attackWords are words that attacks are made of: they say nothing about the
// person whose password is asked for.
func attackWords() map[string]bool {
	const words = `
		or and not like null true false union all distinct select insert into update delete drop alter create truncate
		table from where having group order by limit offset values set exec execute declare cast convert char chr
		nchar varchar concat concat_ws group_concat substring substr ascii hex unhex sleep benchmark pg_sleep waitfor
		delay dbms_pipe receive_message extractvalue updatexml load_file outfile dumpfile information_schema tables
		columns schema database version user sysobjects syscolumns dual case when then else end if rlike regexp between
		exists join inner left right count procedure analyse xp_cmdshell master as is in on asc desc rownum ctxsys
		script scripts alert confirm prompt eval img svg body iframe onerror onload onclick onmouseover onfocus javascript
		vbscript src href document cookie window location style expression object embed string fromcharcode
		etc passwd shadow hosts proc self environ var log www html boot ini win windows system32 cmd bash bin usr tmp php
		cat ls id whoami uname curl wget nc ping echo env system passthru shell_exec popen phpinfo include require file
		filter data input expect base64 encode decode resource http https ftp gopher dict ldap ldaps rmi dns jndi lower upper
		java lang runtime getruntime getclass class forname config request application globals builtins import os
		entity doctype xml cdata svg onstart xlink ognl memberaccess freemarker template utility new ne gt lt gte lte regex
		elt function int integer numeric md5 sha1 rand floor call repeat regexp_substring crypt_key make_set sysibm
		systables sysusers sysmaster waitfor row if ifnull isnull nvl decode encode dir type net start powershell perl
		python ruby gcc nslookup ifconfig ipconfig netstat sh`
	table := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		table[w] = true
	}
	return table
}

// value masks in[from:to], the value of a secret name, and gives to. Without
// the syntax of an attack it goes whole, else its words go.
func (s *scan) value(from, to, kind int) int {
	switch {
	case from >= to || kind != asPassword && isFlag(s.in[from:to]):
	case s.m.isAttack(s.in[from:to]) && s.attack(from, to, kind):
	default:
		s.replaceOnce(from, to, kind)
	}
	s.floor = max(s.floor, to)
	return to
}

// isFlag tells whether a value says yes, no or nothing: mobile=1, token=null.
func isFlag(v []byte) bool {
	for _, flag := range []string{"0", "1", "true", "false", "null", "none", "undefined", "yes", "no", "on", "off"} {
		if equalFold(v, flag) {
			return true
		}
	}
	return false
}

// replaceOnce masks what is no mask yet.
func (s *scan) replaceOnce(from, to, kind int) {
	if from < to && s.m.maskAt(s.in[from:to]) != to-from {
		s.replace(from, to, kind)
	}
}

// isAttack tells whether a value has the syntax of an attack after decoding.
func (m *Masker) isAttack(v []byte) bool {
	var last byte
	for i := 0; i < len(v); {
		c, size, _ := unit(v, i)
		i += size
		switch c {
		case '"', '\'', '<', '>', '(', ')', ' ', '`', ';':
			return true
		case '+':
			if m.attacksWith(v[i:]) {
				return true
			}
		case '.':
			if last == '.' {
				return true
			}
		case '{':
			if last == '$' || last == '{' {
				return true
			}
		}
		if c < ' ' {
			return true
		}
		last = c
	}
	return false
}

// attacksWith tells whether v begins with a word of attacks.
func (m *Masker) attacksWith(v []byte) bool {
	var buf [wordSize]byte
	n := run(v[:min(len(v), wordSize)], isLetter)
	for i, c := range v[:n] {
		buf[i] = lower(c)
	}
	return m.words[string(buf[:n])]
}

const (
	minWord  = 3  // letters and digits from which on a word is masked
	wordSize = 24 // more than the longest word of an attack has
)

// attack masks the words of in[from:to] that attacks are not made of. It changes
// nothing and returns false when all that looked like an attack was in words.
func (s *scan) attack(from, to, kind int) bool {
	before, written := *s, len(s.out)+from-s.done
	s.maskWords(from, to, kind)
	if s.done > before.done && !s.m.isAttack(s.out[written:]) && !s.m.isAttack(s.in[s.done:to]) {
		before.out = s.out[:len(before.out)] // it may have been moved
		*s = before
		return false
	}
	return true
}

func (s *scan) maskWords(from, to, kind int) {
	for i := from; i < to; {
		if n := s.m.maskAt(s.in[i:to]); n > 0 {
			i += n
			continue
		}
		c, size, _ := unit(s.in[:to], i)
		if !isAlnum(c) && c < 0x80 {
			i += size
			continue
		}
		end, known := s.word(i, to)
		if !known {
			s.replace(i, end, kind)
		}
		i = end
	}
}

// word gives the end of the word at in[i], without signs at its end, and
// whether it may stay: it is short, or attacks are made of all its pieces.
func (s *scan) word(i, to int) (end int, stays bool) {
	var piece [wordSize]byte
	count, n, known := 0, 0, true
	flush := func() {
		known = known && (n == 0 || n <= len(piece) && s.m.words[string(piece[:min(n, len(piece))])])
		n = 0
	}
	for end = i; i < to; {
		c, size, _ := unit(s.in[:to], i)
		if !inWord(c) {
			break
		}
		i += size
		if !isAlnum(c) && c != '_' && c < 0x80 {
			flush()
			continue
		}
		if n < len(piece) {
			piece[n] = lower(c)
		}
		n++
		if c != '_' {
			count, end = count+1, i
		}
	}
	flush()
	return end, known || count < minWord
}

// inWord tells whether a character can be part of a password's word, as
// against the syntax of an attack.
func inWord(c byte) bool {
	if isAlnum(c) || c >= 0x80 {
		return true
	}
	return strings.IndexByte("_.-@!#%^~?$:", c) >= 0
}
