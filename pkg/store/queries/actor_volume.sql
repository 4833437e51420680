-- How many events were received on each day of a period.
SELECT toInt32(toDate(received)) AS day, toInt64(count())
FROM events
WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
GROUP BY day
ORDER BY day
