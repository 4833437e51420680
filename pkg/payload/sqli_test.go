package payload

import "testing"

func TestSQLTautologies(t *testing.T) {
	finds(t, SQLi,
		"1 or 1=1", "1 OR 1=1--", "' or '1'='1", "' or '1'='1' --", "admin' or '1'='1'#", "\" or \"\"=\"", "1' and '1'='2",
		"') or ('a'='a", "1) or (1=1", "x' or 1=1 or 'x'='y", "1 or 2>1", "1 or 1 like 1", "' || '1'='1", "1' && 1=1#",
		"' or 1 -- -", "'or'1'='1", "1'or'1'like'1", "' xor 1=1 -- ", "1 or 1<>2", "' or true--", "admin'--", "admin' #", "admin')-- -",
		"' or not 1=2 --", "1 and 1=1", "1 AND (1)=(1)", "-1' or 17=17 or 'a'='b", "' or 'x' between 'w' and 'y",
		"\\' or 1=1--", "0' or 1=1 limit 1 -- -+", "1'/**/or/**/1=1", "1'%0aor%0a1=1", "' oR 1=1 Or ''='",
		"1 or true", "-1) or true", "'=0--+", "' or 1=1;%00", "1 or 0x50=0x50", "' or 1 in (1) --")
}

func TestSQLUnions(t *testing.T) {
	finds(t, SQLi,
		"1 union select 1,2,3", "-1 UNION ALL SELECT null,null--", "' union select username,password from users--",
		"1 union(select(1),2)", "1/**/union/**/select/**/1,2", "1 /*!50000union*/ /*!50000select*/ 1,2", "1%0aunion%0aselect 1",
		"1 uNiOn aLl sElEcT 1,@@version", "' UNION SELECT * FROM (SELECT 1)a JOIN (SELECT 2)b-- -", "1 union distinct select 4",
		"x' union select load_file(0x2f6574632f706173737764) -- ", "1 union\tselect\n1", "1e0union select 1,2", "1.0union select 1",
		"-1' union select 1,group_concat(table_name),3 from information_schema.tables where table_schema=database()#",
		"-1 union select 1,(select password from users limit 1),3", "999 UNION SELECT username||'~'||password FROM users")
}

func TestSQLBlind(t *testing.T) {
	finds(t, SQLi,
		"1 and sleep(5)", "1' and sleep(5)#", "1;waitfor delay '0:0:5'--", "'; waitfor delay '0:0:10'--", "1 and (select sleep(5))",
		"1' and benchmark(5000000,md5(1))--", "1);select pg_sleep(5)--", "1 || pg_sleep(5)", "'||dbms_pipe.receive_message('a',5)||'",
		"1 and extractvalue(1,concat(0x7e,version()))", "1' and updatexml(1,concat(0x7e,(select user())),1)-- -",
		"1 and ascii(substring((select database()),1,1))>64", "1' and substring(version(),1,1)='5", "1 and (select count(*) from users)>0",
		"if(now()=sysdate(),sleep(15),0)", "0'XOR(if(now()=sysdate(),sleep(15),0))XOR'Z", "(select(0)from(select(sleep(15)))v)",
		"1 and if(1=1,sleep(5),0)", "1 rlike (select (case when (1=1) then 1 else 0x28 end))", "1 and 1=convert(int,@@version)",
		"1' and 1=cast((select version()) as int)--", "case when 1=1 then 1 else 0 end", "1 procedure analyse(1)",
		"1' and (select 1 from (select count(*),concat(version(),floor(rand(0)*2))x from information_schema.tables group by x)a)--",
		"1 order by 10--", "1' order by 3-- -", "1 order by 5", "1) order by 1#", "1' group by 1 having 1=1--", "1 having 1=1",
		"1' and exists(select * from users)--", "1 and length(database())=8", "1 and ord(mid((select user()),1,1))=114",
		"' and make_set(6=6,1)--", "1 and elt(1=1,sleep(5))", "1%' and 1=1 and '%'='", "1' and randomblob(500000000) --")
}

func TestSQLStacked(t *testing.T) {
	finds(t, SQLi,
		"1; drop table users", "1';drop table users--", "1; DELETE FROM users", "1;insert into users values('x','y')",
		"1; exec xp_cmdshell 'dir'", "1;exec master..xp_cmdshell 'ping 10.0.0.1'", "1; shutdown with nowait", "1;declare @q varchar(99)",
		"1; update users set password='x' where id=1", "1;copy x from program 'id'", "1' into outfile '/var/www/x.php'--",
		" or 1=1", " ORDER BY 1-- ", " HAVING 1=1#", "select * from users where id=1", "select @@version", "'-'", "' or ''='", "’ or ‘1’=’1",
		"x'; truncate table logs;--", "1;create user x identified by 'y'", "1; alter table a add b int", "1;select 1", "1';select * from users--")
}

func TestSQLHidden(t *testing.T) {
	queries(t, SQLi,
		"id=1%2Bor%2B1%253D1", "id=1%2527%2520or%2520%25271%2527%253D%25271", "id=1+or+1%3d1", "id=1'+or+'1'='1", "id=%EF%BC%87+or+1=1--",
		"id=1%u0027%20or%201=1", "id=1%27%09or%0b1=1--", "id=1%20un%00ion%20select%201,2", "id=JyBPUiAxPTEgLS0gLSBhYmM=",
		`f={"id":"1' or '1'='1"}`, `f={"a":{"b":["x","1 union select 1,2"]}}`, "a=1&b=2&c=1'%20or%201=1--")
}

func TestNoSQLStatement(t *testing.T) {
	clean(t,
		"name LIKE '%foo%'", "strToLowerCase(name) like '%x%'", "POP2000 > 1000000 AND STATE_NAME LIKE 'C%'", "project = \"X\" and text ~ \"foo*\" order by rank",
		"project = ABC AND status in (\"In Progress\", \"To Do\") ORDER BY created DESC", "name='x' and pop>100",
		"O'Brien", "d'Artagnan's book", "l'hospitalet de llobregat", "castell-platja d'aro", "ametlla de mar, l'", "rock 'n' roll",
		"'quoted phrase' search", "select a plan from the list", "how to select from where clause", "union of workers",
		"western union select branch", "student union, select a table", "union select committee", "insert coin into slot",
		"drop the table off at noon", "update your profile; set a password", "delete from my account", "what is 1 or 2", "1 or 2 bedrooms",
		"2 and 3", "1+1=2", "a=b", "e=mc^2", "x > 5 and y < 10", "a < b && c > d", "i <3 you", "it's 5 o'clock -- maybe", "wait; what",
		"10 - 20", "10--20", "5'10\"", "6' 2\" tall", "12\" pizza & 1/2 price", "say \"hello\"; then 'bye'", "id,name,created_at desc",
		"order by name", "group by 2 people", "price between 10 and 20", "limit 10 offset 20", "having fun", "cast iron", "exec summary",
		"if (a) then b", "if(a, b)", "max(price)", "count(items)", "f(x) = x^2", "(1,2)", "1 = 1 is true, isn't it?", "50%--60%",
		"the 'or' operator", "true or false", "5' x 7' rug", "size=10' x 12'", "100' - 200'", "name eq 'Milk' and price lt 2.55",
		"startswith(name,'A') or contains(city,'Berlin')", "Price gt 20 and (Rating ge 4 or Name eq 'x')", "top 10 or so",
		"sleep (8 hours)", "how to sleep(well)", "benchmark results", "c/ huertas altas, 114", "doctor ramon 17 11?d", "3 and a half men",
		"24 or 48 hours", "7 or 8 p.m.", "sort by date; then name", "create table of contents", "drop database performance",
		"Kids' shoes & women's bags", "Men's 9 or 10", "what's \"it\"", "'tis the season", "the '90s and '80s", "don't and won't", "If you like it (a lot), you'd like to show it", "10 release (buster). These packages", "title-lower (titleCase)", "harnesses; if a new one supersedes, remove the old one in",
		"run 'update-certificates --fresh'. If you want to", "and an **epoch** (a 16-bit int)", "benchmark ( #193 )", "sleep(4) called",
		"where's waldo", "L'été à Paris", "Qu'est-ce que c'est ?", "Müller's Straße 5 - 7", "¿cuál es el precio?")
}
