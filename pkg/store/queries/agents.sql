-- The last report of each agent and segment.
SELECT
    name, segment, max(at) AS last_at, argMax(gateway, at), argMax(software, at), argMax(connected, at),
    argMax(revision, at), argMax(latest, at), argMax(count, at), argMax(propagation_ms, at),
    argMax(denied, at), argMax(decided, at)
FROM agents
WHERE at >= now() - toIntervalDay({days:UInt32})
GROUP BY name, segment
ORDER BY name, segment
