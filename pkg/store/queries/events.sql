-- One page of events, newest receipt first. Parameters that are empty or zero
-- ask nothing. A page goes on after (at, file, offset) of the last row before.
SELECT
    id, time, received, agent, source, gateway, kind, direction, format, file_path, file, offset, line,
    peer_address, client_address, forwarded_for, method, host, path, query, protocol, route, route_origin,
    toInt64(status), request_bytes, response_bytes, duration, upstream_duration, user_agent, referer,
    content_type, request_id, header_signature, query_signature, tls_fingerprint, tls_version,
    principal_kind, principal, application, user, session, tenant, api, tags, country, network, sensitive,
    decision_action, decision_id, quality
FROM events
WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({after:Bool} = false
        OR (received, file, offset) < (fromUnixTimestamp64Nano({at:Int64}, 'UTC'), {file:String}, {offset:UInt64}))
    AND ({after:Bool} = false OR received <= fromUnixTimestamp64Nano({at:Int64}, 'UTC'))
    AND ({client:String} = '' OR client_address = {client:String})
    AND ({client_prefix:String} = ''
        OR (client_address != '' AND isIPAddressInRange(client_address, {client_prefix:String})))
    AND ({source:String} = '' OR source = {source:String})
    AND ({gateway:String} = '' OR gateway = {gateway:String})
    AND ({kind:String} = '' OR kind = {kind:String})
    AND ({host:String} = '' OR host = {host:String})
    AND ({method:String} = '' OR method = {method:String})
    AND ({path_prefix:String} = '' OR startsWith(path, {path_prefix:String}))
    AND ({status_to:Int32} = 0 OR status BETWEEN {status_from:Int32} AND {status_to:Int32})
    AND ({request_id:String} = '' OR request_id = {request_id:String})
    AND ({decision_action:String} = '' OR decision_action = {decision_action:String})
    AND ({decision_id:String} = '' OR decision_id = {decision_id:String})
ORDER BY received DESC, file DESC, offset DESC
LIMIT {limit:UInt32}
