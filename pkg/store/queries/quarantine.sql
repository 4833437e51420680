-- One page of the quarantine, newest receipt first: records that were never
-- read again with an outcome, and the last outcome of those that still fail.
-- What costs is the number of records that were read again, not that of events.
SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
FROM (
    SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
    FROM quarantine
    WHERE (agent, file, offset) GLOBAL NOT IN (SELECT agent, file, offset FROM quarantine_outcomes)
        AND received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND ({after:Bool} = false
            OR (received, file, offset) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {file:String}, {offset:UInt64}))
        AND ({source:String} = '' OR source = {source:String})
        AND ({reason:String} = '' OR reason = {reason:String})
        AND ({any_host:Bool} OR agent = {agent:String})
    ORDER BY received DESC, file DESC, offset DESC
    LIMIT {limit:UInt32}
    UNION ALL
    SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
    FROM (
        SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
        FROM quarantine_outcomes
        ORDER BY attempt DESC
        LIMIT 1 BY agent, file, offset
    )
    WHERE reason != ''
        AND received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND ({after:Bool} = false
            OR (received, file, offset) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {file:String}, {offset:UInt64}))
        AND ({source:String} = '' OR source = {source:String})
        AND ({reason:String} = '' OR reason = {reason:String})
        AND ({any_host:Bool} OR agent = {agent:String})
    ORDER BY received DESC, file DESC, offset DESC
    LIMIT {limit:UInt32}
)
ORDER BY received DESC, file DESC, offset DESC
LIMIT {limit:UInt32}
