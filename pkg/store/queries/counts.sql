-- How much there is in a period, for a first sight.
SELECT
    (SELECT toInt64(sum(requests)) FROM traffic_1m
        WHERE minute >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND minute < fromUnixTimestamp64Nano({until:Int64}, 'UTC')),
    (SELECT toInt64(sum(denied)) FROM traffic_1m
        WHERE minute >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND minute < fromUnixTimestamp64Nano({until:Int64}, 'UTC')),
    (SELECT toInt64(count()) FROM quarantine
        WHERE (agent, file, offset) GLOBAL NOT IN (SELECT agent, file, offset FROM quarantine_outcomes WHERE reason = '') AND received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')),
    (SELECT toInt64(uniqExact(id)) FROM findings
        WHERE time >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Nano({until:Int64}, 'UTC')),
    (SELECT toInt64(uniqExact(actor_kind, actor)) FROM findings
        WHERE time >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Nano({until:Int64}, 'UTC')),
    (SELECT toInt64(uniqExact(id)) FROM block_log
        WHERE event = 'added' AND at >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') AND at < fromUnixTimestamp64Nano({until:Int64}, 'UTC'))
