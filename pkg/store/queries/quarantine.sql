-- One page of the quarantine, newest receipt first.
SELECT id, received, agent, source, gateway, format, file_path, file, offset, line, length, reason, excerpt
FROM quarantine
WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({after:Bool} = false
        OR (received, file, offset) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {file:String}, {offset:UInt64}))
    AND ({source:String} = '' OR source = {source:String})
    AND ({reason:String} = '' OR reason = {reason:String})
ORDER BY received DESC, file DESC, offset DESC
LIMIT {limit:UInt32}
