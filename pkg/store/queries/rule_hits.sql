-- What each rule has found since a time.
SELECT
    rule,
    toInt64(uniqExact(id)),
    toInt64(count() + sum(repeats)),
    toInt64(uniqExact(actor_kind, actor)),
    max(time)
FROM findings FINAL
WHERE time >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND NOT discarded
GROUP BY rule
