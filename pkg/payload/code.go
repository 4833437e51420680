package payload

// codeCalls finds code of a script language that runs commands or reads what
// the client sends: PHP's tags, variables and functions.
func codeCalls(t *text) bool {
	if t.has("<?php", "<?=", "$_get[", "$_post[", "$_request[", "$_server[", "$_cookie[", "${@", "{${",
		"allow_url_include", "auto_prepend_file", "call_user_func_array", "base64_decode(", "gzinflate(",
		"file_put_contents(", "file_get_contents(", "shell_exec(", "proc_open(", "pcntl_exec(", "phpinfo(", "passthru(") {
		return true
	}
	for _, call := range [...]string{"system", "exec", "popen", "assert", "eval", "require", "include", "os.system", "os.popen",
		"subprocess.", "__import__", "child_process", "execsync", "spawnsync", "os.execute", "io.popen", "die", "print"} {
		n := t.wordIndex(call)
		if n >= 0 && codeArgument(call, t.low[:n], t.low[n+len(call):]) {
			return true
		}
	}
	return false
}

// codeArgument tells whether a call goes on as code that attacks: with a string
// that is a command, with a variable, or with another call of the same sort.
func codeArgument(call string, before, v []byte) bool {
	switch call {
	case "os.system", "os.popen", "os.execute", "io.popen", "execsync", "spawnsync", "__import__":
		return opensCall(v)
	case "subprocess.", "child_process":
		return len(v) > 0 && (isLetter(v[0]) || index(v, "exec") > 0 || index(v, "spawn") > 0)
	}
	v = skip(v, isSpace)
	if len(v) < 3 || v[0] != '(' && v[0] != '\'' && v[0] != '"' {
		return false
	}
	inside := skip(v, func(c byte) bool { return c == '(' || isSpace(c) || c == '\'' || c == '"' || c == '@' })
	quoted := len(inside) < len(v)-1
	switch call {
	case "print", "die":
		return v[0] == '(' && (hasPrefix(inside, "md5(") || hasPrefix(inside, "phpversion(") || hasPrefix(inside, "system("))
	case "require", "include", "assert", "eval":
		return hasPrefix(inside, "$_") || hasPrefix(inside, "base64") || hasPrefix(inside, "system(") || hasPrefix(inside, "phpinfo") || hasPrefix(inside, "compile(")
	}
	return v[0] == '(' && (quoted && startsCommand(inside) || hasPrefix(inside, "$_"))
}
