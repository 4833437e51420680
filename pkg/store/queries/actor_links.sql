-- With whom an actor was seen in the same requests: each with how often, and
-- how many others of the actor's kind were seen with it in the period.
WITH
naming AS (
    SELECT
        time, client_address AS client,
        if(position(client, ':') > 0, concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 64), 1)), '/64'), client) AS source,
        if(principal_kind IN ('key', 'token'), toString(principal_kind), '') AS credential,
        arrayFilter(a -> a.2 != '', [
            ('address', source), ('user', user), (credential, if(credential != '', principal, '')), ('session', session),
            ('application', toString(application)), ('fingerprint', toString(tls_fingerprint)), ('network', toString(network))]) AS names,
        arrayFirst(a -> a.1 = {kind:String}, names).2 AS who
    FROM events
    WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND events.kind != 'decoy' AND direction != 'egress'
),
mine AS (
    SELECT arrayJoin(names) AS link, count() AS requests, min(time) AS first, max(time) AS last
    FROM naming
    WHERE who IN {values:Array(String)} AND link.1 != {kind:String}
    GROUP BY link
    ORDER BY requests DESC, link
    LIMIT {limit:UInt32}
)
SELECT link.1, link.2, toInt64(requests), first, last, toInt64(others)
FROM mine
LEFT JOIN (
    SELECT arrayJoin(names) AS link, uniq(who) AS others
    FROM naming
    WHERE who != '' AND who NOT IN {values:Array(String)} AND link IN (SELECT link FROM mine)
    GROUP BY link
) AS shared USING link
ORDER BY requests DESC, link
