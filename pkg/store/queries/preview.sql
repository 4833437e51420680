-- What a block would have hit: the routes, busiest first, each with what they
-- have in all. Where a route is not known, its first directory stands for it, if
-- that is asked for: paths are half of what there is to read.
-- Of each criterion that the target does not have the parameter is empty; the
-- stems are texts with which all values that a prefix or a route matches begin,
-- so that few have to be looked at closely.
SELECT
    host, shown, requests, successful,
    sum(requests) OVER (),
    sum(successful) OVER (),
    toInt64(uniqMerge(clients) OVER ()),
    toInt64(uniqIfMerge(principals) OVER ())
FROM (
    SELECT
        host,
        if(route = '' AND {by_path:Bool}, concat('/', splitByChar('/', path)[2]), toString(route)) AS shown,
        toInt64(count())                                                             AS requests,
        toInt64(countIf(status BETWEEN 200 AND 399 AND decision_action != 'divert')) AS successful,
        uniqState(client_address)                                                    AS clients,
        uniqIfState(multiIf(user != '', user, principal != '', principal, toString(application)),
            user != '' OR principal != '' OR application != '')                      AS principals
    FROM events
    WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND kind != 'decoy' AND direction != 'egress'
        AND ({fingerprint:String} = '' OR tls_fingerprint = {fingerprint:String})
        AND ({user_agent:String} = '' OR user_agent = {user_agent:String})
        AND ({agent_stem:String} = '' OR startsWith(user_agent, {agent_stem:String}))
        AND ({method:String} = '' OR method = {method:String})
        AND ({api:String} = '' OR api = {api:String})
        AND ({country:String} = '' OR country = {country:String})
        AND ({network:String} = '' OR network = {network:String})
        AND (empty({application:Array(String)}) OR has({application:Array(String)}, application))
        AND (empty({user:Array(String)}) OR has({user:Array(String)}, user))
        AND (empty({principal:Array(String)}) OR has({principal:Array(String)}, principal))
        AND (empty({session:Array(String)}) OR has({session:Array(String)}, session))
        AND ({client:String} = '' OR client_address = {client:String})
        AND ({client_stem:String} = '' OR startsWith(client_address, {client_stem:String}))
        AND ({client_prefix:String} = ''
            OR (client_address != '' AND isIPAddressInRange(client_address, {client_prefix:String})))
        AND ({path_stem:String} = '' OR startsWith(path, {path_stem:String}))
        AND ({path_expression:String} = '' OR match(path, {path_expression:String}))
    GROUP BY host, shown
)
ORDER BY requests DESC, host, shown
LIMIT 20
