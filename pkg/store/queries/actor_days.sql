-- What each actor did on each day, among the events that were received in a
-- period: a row an actor and day. Each event counts for whom it names most
-- closely (an act) and, as a request from a place, for all others that it
-- names. What our own blocks refused is counted and nothing else. Only some are
-- looked at, those of whom most is to be told.
WITH
-- Events with all whom they name, the closest one marked. IPv6 is told apart
-- by /64; a network that is not known is a /16, or a /32.
naming AS (
    SELECT
        time, toInt32(toDate(time)) AS day, decision_action IN ('deny', 'drop', 'throttle', 'divert') AS ours, ifNull(status, 0) AS code, ifNull(response_bytes, 0) AS size,
        toString(api) AS api, toString(tags) AS tags, user_agent, method, path, query, toString(route) AS template, client_address AS client,
        position(client, ':') > 0 AS six,
        if(six, concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 64), 1)), '/64'), client) AS source,
        multiIf(client = '', '',
            six, concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 32), 1)), '/32'),
            concat(extract(client, '^[0-9]+\\.[0-9]+'), '.0.0/16')) AS near,
        toString(country) AS land, if(network != '', toString(network), near) AS net,
        if(principal_kind IN ('key', 'token'), toString(principal_kind), '') AS credential,
        multiIf(user != '', 1, principal != '' AND credential != '', 2, session != '', 3, application != '', 4, 5) AS closest,
        arrayJoin(arrayFilter(a -> a.2 != '', [
            ('user', user, closest = 1), (credential, if(credential != '', principal, ''), closest = 2), ('session', session, closest = 3),
            ('application', toString(application), closest = 4), ('address', source, closest = 5)])) AS who
    FROM events
    WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
        AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
        AND events.kind != 'decoy' AND direction != 'egress'
),
-- Those who are looked at: the busiest, and whose posts are refused.
chosen AS (
    SELECT who.1, who.2, day
    FROM naming
    GROUP BY who.1, who.2, day
    ORDER BY log2(1 + countIf(NOT ours)) + log2(1 + countIf(method = 'POST' AND code BETWEEN 400 AND 499)) + log2(1 + sum(size) / 1000000) DESC, who.1, who.2, day
    LIMIT {limit:UInt32}
),
-- What is counted of each. An object is what stands in the path where the
-- route has a placeholder: a number as it is, anything else by its hash.
acting AS (
    SELECT
        who.1 AS kind, who.2 AS value, NOT ours AS request, who.3 AND request AS act, ours, code, size, client, api,
        request AND kind != 'address' AS elsewhere,
        day, toUnixTimestamp64Nano(time) AS at, toUInt16(toHour(time) * 60 + toMinute(time)) AS minute,
        (land, net) AS place,
        extract(tags, '(?:^|,)owner:([^,]+)') AS owner,
        if(template = '', '', concat(method, ' ', template)) AS route,
        splitByChar('/', template) AS words,
        if(template = '', path,
            arrayStringConcat(arrayFilter((p, t) -> position(t, '{') > 0, arrayResize(splitByChar('/', path), length(words)), words), '/')) AS named,
        multiIf(NOT act OR named = '', 0, match(named, '^[1-9][0-9]{0,17}$'), toUInt64OrZero(named),
            bitOr(cityHash64(named), bitShiftLeft(toUInt64(1), 63))) AS object,
        if(query = '' OR NOT act, 0, toUInt32OrZero(extract(query, '(?:^|&)(?:page|offset|start|skip|p)=([0-9]{1,7})(?:&|$)'))) AS page,
        startsWith(user_agent, 'Mozilla/5.0 (') AND match(user_agent, ' (?:Gecko|AppleWebKit)/')
            AND NOT match(user_agent, '(?i)bot|crawl|spider|https?:') AS browser,
        request AND method = 'POST' AND match(path, {sign_in:String}) AS login,
        login AND code IN (400, 401, 403, 422, 423) AS failed
    FROM naming
    WHERE (who.1, who.2, day) IN chosen
),
-- By route. Where an address is, is no news about it.
routed AS (
    SELECT
        kind, value, day, route, any(api) AS r_api, any(owner) AS r_owner,
        min(at) AS r_first, max(at) AS r_last,
        countIf(request) AS r_requests, countIf(ours) AS r_denied, countIf(act) AS r_acts, countIf(act AND browser) AS r_browsers,
        countIf(act AND code BETWEEN 200 AND 399) AS r_answered, countIf(act AND code IN (401, 403)) AS r_refused,
        countIf(act AND code IN (404, 410)) AS r_missing, sumIf(size, act AND code BETWEEN 200 AND 399) AS r_bytes,
        countIf(login) AS r_logins, countIf(failed) AS r_failed, uniqStateIf(client, failed) AS r_from,
        groupUniqArrayIf(301)(minute, request) AS r_minutes,
        uniqCombinedIf(12)(object, object != 0) AS r_distinct,
        arraySlice(arrayDistinct(arrayMap(o -> o.2, arraySort(groupArrayIf(128)((at, object), object != 0)))), 1, 32) AS r_objects,
        arraySort(groupUniqArrayIf(64)(page, page != 0)) AS r_pages,
        minMapIf([place], [at], elsewhere) AS r_came, maxMapIf([place], [at], elsewhere) AS r_left, sumMapIf([place], [toInt64(1)], elsewhere) AS r_there
    FROM acting
    GROUP BY kind, value, day, route
),
counted AS (
    SELECT
        kind, value, day, min(r_first) AS first, max(r_last) AS last,
        sum(r_requests) AS requests, sum(r_acts) AS acts, sum(r_browsers) AS browsers, sum(r_denied) AS denied, sum(r_answered) AS answered,
        sum(r_refused) AS refused, sum(r_missing) AS missing, sum(r_bytes) AS bytes, sum(r_logins) AS logins, sum(r_failed) AS failed,
        uniqMerge(r_from) AS failed_from, arraySort(groupUniqArrayArray(301)(r_minutes)) AS minutes,
        minMap(r_came.1, r_came.2) AS came, maxMap(r_left.1, r_left.2) AS gone, sumMap(r_there.1, r_there.2) AS there,
        arraySlice(arraySort(p -> (-p.4, p.1), arrayZip(came.1, came.2, gone.2, there.2)), 1, 24) AS places,
        arraySlice(arraySort(r -> (-r.7, -r.4, r.1), groupArrayIf(
            (route, r_api, r_owner, toInt64(r_acts), toInt64(r_refused + r_missing), toInt64(r_bytes), toInt64(r_distinct), r_objects, r_pages),
            r_acts > 0)), 1, 3) AS routes
    FROM routed
    GROUP BY kind, value, day
)
SELECT
    kind, value, day, first, last, toInt64(requests), toInt64(acts), toInt64(browsers), toInt64(denied), toInt64(answered), toInt64(refused),
    toInt64(missing), toInt64(bytes), toInt64(logins), toInt64(failed), toInt64(failed_from), minutes,
    arrayMap(p -> p.1.1, places), arrayMap(p -> p.1.2, places), arrayMap(p -> p.2, places), arrayMap(p -> p.3, places), arrayMap(p -> p.4, places),
    arrayMap(r -> r.1, routes), arrayMap(r -> r.2, routes), arrayMap(r -> r.3, routes), arrayMap(r -> r.4, routes), arrayMap(r -> r.5, routes),
    arrayMap(r -> r.6, routes), arrayMap(r -> r.7, routes), arrayMap(r -> r.8, routes), arrayMap(r -> r.9, routes)
FROM counted
ORDER BY kind, value, day
