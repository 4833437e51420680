-- The routes that a block would have hit, busiest first. Where the route is
-- not known, its first directory stands for it. For the conditions see preview.
SELECT
    host,
    if(route != '', toString(route), concat('/', splitByChar('/', path)[2])) AS shown,
    toInt64(count())                                                          AS requests,
    toInt64(countIf(status BETWEEN 200 AND 399 AND decision_action != 'divert')) AS successful
FROM events
PREWHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({client:String} = '' OR client_address = {client:String})
    AND ({client_stem:String} = '' OR startsWith(client_address, {client_stem:String}))
    AND ({path_stem:String} = '' OR startsWith(path, {path_stem:String}))
WHERE kind != 'decoy' AND direction != 'egress'
    AND ({client_prefix:String} = ''
        OR (client_address != '' AND isIPAddressInRange(client_address, {client_prefix:String})))
    AND ({path_expression:String} = '' OR match(path, {path_expression:String}))
    AND ({method:String} = '' OR method = {method:String})
    AND (empty({user:Array(String)}) OR has({user:Array(String)}, user))
    AND (empty({application:Array(String)}) OR has({application:Array(String)}, application))
    AND (empty({principal:Array(String)}) OR has({principal:Array(String)}, principal))
    AND (empty({session:Array(String)}) OR has({session:Array(String)}, session))
    AND ({fingerprint:String} = '' OR tls_fingerprint = {fingerprint:String})
    AND ({user_agent:String} = '' OR substring(user_agent, 1, {agent_length:UInt32}) = {user_agent:String})
    AND ({api:String} = '' OR api = {api:String})
    AND ({country:String} = '' OR country = {country:String})
    AND ({network:String} = '' OR network = {network:String})
GROUP BY host, shown
ORDER BY requests DESC, host, shown
LIMIT 20
