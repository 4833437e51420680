-- Requests of an actor, and of those who have something in common with it: a
-- path but for its numbers, query keys, a user agent or a TLS fingerprint. What
-- few have counts more. Of each actor so many requests, the first ones.
WITH
naming AS (
    SELECT
        time, toString(method) AS method, path, query, ifNull(toInt64(status), 0) AS code, toString(protocol) AS protocol, toString(user_agent) AS user_agent,
        referer, toString(tls_fingerprint) AS fingerprint, header_signature, query_signature, client_address AS client,
        multiIf(
            {kind:String} = 'address', if(position(client, ':') > 0,
                concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 64), 1)), '/64'), client),
            {kind:String} = 'user', user, {kind:String} = 'session', session, {kind:String} = 'application', toString(application),
            {kind:String} = 'fingerprint', fingerprint, principal_kind = {kind:String}, principal, '') AS who
    FROM events
    WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND events.kind != 'decoy' AND direction != 'egress'
),
marked AS (
    SELECT who, arrayJoin(arrayFilter(m -> length(m) > 1, [
        concat('p', replaceRegexpAll(substring(path, 1, 160), '[0-9]+', '#')), concat('a', user_agent), concat('f', fingerprint),
        concat('q', if(query_signature != '', query_signature, replaceRegexpAll(query, '=[^&]*', ''))) ])) AS mark
    FROM naming
    WHERE who != ''
),
mine AS (SELECT DISTINCT mark FROM marked WHERE who IN {values:Array(String)} LIMIT 300),
alike AS (
    SELECT arrayJoin(whos) AS who
    FROM (SELECT groupUniqArray(2000)(who) AS whos, uniq(who) AS n FROM marked WHERE mark IN mine GROUP BY mark)
    WHERE who NOT IN {values:Array(String)}
    GROUP BY who
    ORDER BY sum(1 / sqrt(n)) DESC, who
    LIMIT {actors:UInt32}
)
SELECT
    if(who IN {values:Array(String)}, '', who) AS name,
    toUnixTimestamp64Nano(time), method, path, query, code, protocol, user_agent, referer, fingerprint, header_signature, query_signature
FROM naming
WHERE who IN {values:Array(String)} OR who IN alike
LIMIT {requests:UInt32} BY name
-- With one processor those that are read first are the first ones.
SETTINGS max_threads = 1
