-- What a block would have hit.
SELECT
    toInt64(count()),
    toInt64(countIf(status BETWEEN 200 AND 399)),
    toInt64(uniqExact(client_address)),
    toInt64(uniqExactIf((principal_kind, principal), principal != ''))
FROM events
WHERE received >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')
    AND received < fromUnixTimestamp64Nano({until:Int64}, 'UTC')
    AND ({client:String} = '' OR client_address = {client:String})
    AND ({client_prefix:String} = ''
        OR (client_address != '' AND isIPAddressInRange(client_address, {client_prefix:String})))
