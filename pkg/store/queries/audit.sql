-- One page of what people did, newest first.
SELECT id, at, who, role, address, action, subject, detail, outcome
FROM audit FINAL
WHERE at >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND at < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({after:Bool} = false OR (at, id) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {after_id:String}))
    AND ({who:String} = '' OR who = {who:String})
    AND ({action:String} = '' OR action = {action:String})
    AND ({subject:String} = '' OR subject = {subject:String})
ORDER BY at DESC, id DESC
LIMIT {limit:UInt32}
