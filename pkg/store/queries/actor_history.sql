-- An actor over time, newest state first.
SELECT kind, value, at, tier, reasons, families, toInt64(findings), first_seen, last_seen, block_id
FROM actors FINAL
WHERE id = {id:String}
    AND at >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND at < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
ORDER BY at DESC
LIMIT {limit:UInt32}
