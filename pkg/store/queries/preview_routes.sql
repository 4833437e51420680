-- The routes that a block would have hit, busiest first. Where the route is
-- not known, its first directory stands for it.
SELECT
    host,
    if(route != '', toString(route), concat('/', splitByChar('/', path)[2])) AS shown,
    toInt64(count())                              AS requests,
    toInt64(countIf(status BETWEEN 200 AND 399))  AS successful
FROM events
WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({client:String} = '' OR client_address = {client:String})
    AND ({client_prefix:String} = ''
        OR (client_address != '' AND isIPAddressInRange(client_address, {client_prefix:String})))
GROUP BY host, shown
ORDER BY requests DESC, host, shown
LIMIT 20
