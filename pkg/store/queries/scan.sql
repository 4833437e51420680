-- Events in the order of their time, as columns that the schema of a batch has.
-- An unknown number comes as the lowest one. The flags are joined, since few
-- combinations of them are different. A file asks for its one event at offset.
SELECT
    agent, source, gateway, kind, direction, format, file, file_path,
    method, host, path, query, protocol, route, route_origin, user_agent, referer, forwarded_for,
    principal_kind, principal, application, user, session, tls_fingerprint, tls_version, request_id,
    api, tags, tenant, content_type, header_signature, query_signature, country, network, sensitive,
    decision_id, decision_action,
    toUnixTimestamp64Nano(events.received)                    AS received,
    toInt64(events.format_version)                            AS format_version,
    toUnixTimestamp64Nano(events.time)                        AS time,
    toInt64(events.offset)                                    AS offset,
    toInt64(events.line)                                      AS line,
    toInt64(events.length)                                    AS length,
    ifNull(toInt64(events.status), {unknown:Int64})           AS status,
    ifNull(events.request_bytes, {unknown:Int64})             AS request_bytes,
    ifNull(events.response_bytes, {unknown:Int64})            AS response_bytes,
    ifNull(events.duration, {unknown:Int64})                  AS duration,
    ifNull(events.upstream_duration, {unknown:Int64})         AS upstream_duration,
    arrayStringConcat(events.quality, ',')                    AS quality,
    peer_address, client_address
FROM events
WHERE events.time >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND events.time < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND (empty({sources:Array(String)}) OR has({sources:Array(String)}, source))
    AND ({file:String} = '' OR (events.file = {file:String} AND events.offset = {offset:UInt64}))
ORDER BY events.time, file, offset
