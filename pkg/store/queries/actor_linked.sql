-- Actors of the same kind that are linked with one: they use what it uses. A
-- link that few share says more than one of many.
WITH
naming AS (
    SELECT
        time, client_address AS client,
        if(position(client, ':') > 0, concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 64), 1)), '/64'), client) AS source,
        if(principal_kind IN ('key', 'token'), toString(principal_kind), '') AS credential,
        arrayFilter(a -> a.2 != '', [
            ('address', source), ('user', user), (credential, if(credential != '', principal, '')), ('session', session),
            ('fingerprint', toString(tls_fingerprint))]) AS names,
        arrayFirst(a -> a.1 = {kind:String}, names).2 AS who
    FROM events
    WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND events.kind != 'decoy' AND direction != 'egress'
),
mine AS (
    SELECT DISTINCT arrayJoin(names) AS link
    FROM naming
    WHERE who IN {values:Array(String)} AND link.1 != {kind:String}
    LIMIT 500
),
pairs AS (
    SELECT who, arrayJoin(names) AS link, count() AS requests, min(time) AS first, max(time) AS last
    FROM naming
    WHERE who != '' AND who NOT IN {values:Array(String)} AND link IN (SELECT link FROM mine)
    GROUP BY who, link
)
SELECT who, toInt64(requests), first, last, arrayMap(l -> l.2.1, through), arrayMap(l -> l.2.2, through)
FROM (
    SELECT
        who, sum(n) AS requests, min(came) AS first, max(gone) AS last, sum(1 / of) AS strength,
        arraySlice(arraySort(groupArray((of, link))), 1, 8) AS through
    FROM (SELECT who, link, requests AS n, first AS came, last AS gone, count() OVER (PARTITION BY link) AS of FROM pairs)
    GROUP BY who
)
ORDER BY strength DESC, requests DESC, who
LIMIT {limit:UInt32}
