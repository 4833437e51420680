SELECT
    id, time, received, agent, source, gateway, kind, direction, format, file_path, file, offset, line,
    peer_address, client_address, forwarded_for, method, host, path, query, protocol, route, route_origin,
    toInt64(status), request_bytes, response_bytes, duration, upstream_duration, user_agent, referer,
    content_type, request_id, header_signature, query_signature, tls_fingerprint, tls_version,
    principal_kind, principal, application, user, session, tenant, api, tags, country, network, sensitive,
    decision_action, decision_id, quality
FROM events
WHERE cityHash64(file, offset) = cityHash64({file:String}, {offset:UInt64}) -- as the index has it
    AND file = {file:String} AND offset = {offset:UInt64}
LIMIT 1
