-- One page of findings, newest first, each with its sightings. The latest row
-- of a sighting stands; what is said of the finding as a whole is the latest
-- word of any sighting.
SELECT
    id,
    min(time)                                    AS first,
    argMax(rule, received), argMax(rule_version, received), argMax(family, received),
    argMax(tier, received)                       AS last_tier,
    argMax(score, received), argMax(actor_kind, received) AS last_kind, argMax(actor, received) AS last_actor,
    argMax(title, received), argMax(reason, received), argMax(api, received), argMax(segment, received),
    argMax(discarded, received)                  AS last_discarded,
    argMaxIf(block_id, received, block_id != ''),
    argMax(owner, received), argMax(shape, received), argMax(series, received), argMax(unit, received),
    argMax(expected, received), argMax(seen, received), argMax(lower, received), argMax(upper, received),
    argMax(since, received), argMax(until, received), argMax(probability, received), argMax(parts, received),
    arraySort(groupUniqArray((time, via, record, source, gateway, file, line, request_id, method, host, path, status, user_agent))) AS sightings
FROM findings FINAL
WHERE ({id:String} = '' OR id = {id:String})
    AND ({rule:String} = '' OR rule = {rule:String})
    AND ({family:String} = '' OR family = {family:String})
    AND ({actor_kind:String} = '' OR (actor_kind = {actor_kind:String} AND actor = {actor:String}))
GROUP BY id
HAVING first >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND first < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({after:Bool} = false OR (first, id) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {after_id:String}))
    AND (empty({tiers:Array(String)}) OR has({tiers:Array(String)}, toString(last_tier)))
    AND ({discarded:String} = '' OR last_discarded = ({discarded:String} = 'true'))
ORDER BY first DESC, id DESC
LIMIT {limit:UInt32}
