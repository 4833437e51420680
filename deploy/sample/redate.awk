# Moves the times of a combined log so that its last line is at NOW (epoch
# seconds). Give the file twice: the first reading finds the last time.
#   TZ=UTC awk -v NOW="$(date +%s)" -f redate.awk access.log access.log
BEGIN { for (i = 1; i <= 12; i++) month[substr("JanFebMarAprMayJunJulAugSepOctNovDec", 3*i-2, 3)] = i }

function epoch(stamp) { # 01/Jan/2026:12:00:00
	return mktime(substr(stamp, 8, 4) " " month[substr(stamp, 4, 3)] " " substr(stamp, 1, 2) " " \
		substr(stamp, 13, 2) " " substr(stamp, 16, 2) " " substr(stamp, 19, 2))
}

{ at = match($0, /\[[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:[0-9:]+ /) }
FNR == NR { if (at) last = epoch(substr($0, at + 1, 20)); next }
at { $0 = substr($0, 1, at) strftime("%d/%b/%Y:%H:%M:%S", NOW - last + epoch(substr($0, at + 1, 20))) substr($0, at + 21) }
{ print }
