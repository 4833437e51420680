-- How many events there are in each minute.
SELECT
    toUnixTimestamp(toStartOfMinute(time)) AS minute,
    toInt64(count())                       AS n
FROM events
WHERE time >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND (empty({sources:Array(String)}) OR has({sources:Array(String)}, source))
GROUP BY minute
ORDER BY minute
