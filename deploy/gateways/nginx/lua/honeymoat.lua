-- honeymoat in nginx: looks each request up in a shared dictionary that the
-- agent on this host keeps in step. check() decides about a request,
-- receive() takes what the agent tells. Keys and records are those of
-- pkg/enforce/nginx/record.go.

local bit = require "bit"

local ngx = ngx
local blocks = ngx.shared.honeymoat_blocks
local buckets = ngx.shared.honeymoat_buckets
local sub, byte, char, find, match, gmatch = string.sub, string.byte, string.char, string.find, string.match, string.gmatch

local _M = {}

-- Where to look, and the routes, as this worker has read them last.
local known = { raw = false }
local routes = { version = false }

-- ## What there is

local function words(line)
    local list = {}
    for word in gmatch(line, "%S+") do
        list[#list + 1] = tonumber(word) or word
    end
    return list
end

-- meta gives where to look, or nil when the agent has not filled the
-- dictionary since nginx was started.
local function meta()
    local raw = blocks:get("meta")
    if raw == known.raw then
        return raw and known
    end
    local m = { raw = raw or false }
    for name, rest in gmatch(raw or "", "(%l?[%l%d]+)([^\n]*)\n") do
        m[name] = words(rest)
    end
    m.epoch = m.epoch and m.epoch[1]
    known = m
    return raw and m
end

-- read_records calls take(kind, milliseconds, key, value) for each record of a
-- text; it gives nil and where it stopped when the text is not well-formed.
local function read_records(text, take)
    local at = 1
    while at <= #text do
        local _, head, kind, a, b, c = find(text, "^(%u) (%d+) ?(%d*) ?(%d*)\n", at)
        if not kind then
            return nil, at
        end
        a, b, c = tonumber(a), tonumber(b), tonumber(c)
        local ms, klen, vlen = a, b, c
        if kind == "D" then
            ms, klen, vlen = 0, a, 0
        elseif kind == "M" then
            ms, klen, vlen = 0, 0, a
        end
        local stop = head + (klen or 0) + (vlen or 0)
        if not klen or not vlen or stop > #text then
            return nil, at
        end
        local failure = take(kind, ms, sub(text, head + 1, head + klen), sub(text, head + klen + 1, stop))
        if failure then
            return nil, failure
        end
        at = stop + 1
    end
    return true
end

local function split(path)
    local segments = {}
    for segment in gmatch(path, "/([^/]*)") do
        segments[#segments + 1] = segment
    end
    return segments
end

-- short is segments without a slash at the end.
local function short(segments)
    if #segments > 1 and segments[#segments] == "" then
        return { unpack(segments, 1, #segments - 1) }
    end
    return segments
end

-- bare is the segments of a path without their parameters (;x), with the dots
-- that come out of that resolved; and whether any did.
local function bare(path)
    local segments, hides = {}, false
    for segment in gmatch(path, "/([^/]*)") do
        local name = match(segment, "^[^;]*")
        if name == ".." then
            segments[#segments] = nil
        elseif name ~= "" and name ~= "." then
            segments[#segments + 1] = name
        end
        hides = hides or name ~= segment and (name == "" or name == "." or name == "..")
    end
    if #segments == 0 then
        segments[1] = ""
    end
    return segments, hides
end

-- all_routes are the routes of the version that m names. Those of an earlier
-- fill are not of its epoch.
local function all_routes(m)
    local version = m.raw
    if routes.version == version then
        return routes
    end
    local list = { version = version }
    local text, told = blocks:get("routes")
    local stored = blocks:get("routes_at") or 0
    if text and (told or 0) >= m.epoch then
        read_records(text, function(_, ms, route, value)
            local method, path = match(route, "^(%S+) (.*)$")
            local segments, exempt = split(path or route), sub(value, 1, 6) == "allow "
            if not exempt then
                segments = short(segments)
            end
            list[#list + 1] =
                { method = method, segments = segments, exempt = exempt, value = value, ends = stored + ms / 1000 }
        end)
    end
    routes = list
    return list
end

-- ## Looking up

local rank = { allow = 6, drop = 5, deny = 4, divert = 3, throttle = 2, flag = 1 }

-- stronger gives the one of two values that counts; the first of equals.
local function stronger(best, value)
    if not best then
        return value
    end
    if (rank[match(value, "^%l+")] or rank.deny) > (rank[match(best, "^%l+")] or rank.deny) then
        return value
    end
    return best
end

-- found is what was found so far: the strongest, and the flag, which goes with
-- requests that pass.
local function note(found, key, epoch)
    local value, told = blocks:get(key)
    if not value or (told or 0) < epoch then
        return
    end
    if sub(value, 1, 5) == "flag " then
        found.flag = found.flag or value
    end
    found.best = stronger(found.best, value)
end

local function masked(address, bits)
    local whole = (bits - bits % 8) / 8
    if bits % 8 == 0 then
        return sub(address, 1, whole)
    end
    return sub(address, 1, whole) .. char(bit.band(byte(address, whole + 1), bit.lshift(0xff, 8 - bits % 8)))
end

local mapped = "\0\0\0\0\0\0\0\0\0\0\255\255"

local function by_address(found, m, prefix, address)
    if #address == 16 and sub(address, 1, 12) == mapped then
        address = sub(address, 13)
    end
    local family = #address == 4 and "4" or "6"
    local masks = m[prefix .. family]
    if not masks or #address ~= 4 and #address ~= 16 then
        return
    end
    for i = 1, #masks do
        local bits = masks[i]
        note(found, prefix .. family .. "/" .. bits .. "/" .. masked(address, bits), m.epoch)
    end
end

local function on_path(want, segments)
    for i = 1, #want do
        if want[i] == "**" then
            return true
        end
        local got = segments[i]
        if not got then
            return false
        end
        if want[i] ~= got and (want[i] ~= "{}" or got == "") then
            return false
        end
    end
    return #want == #segments
end

-- on_route tells whether a route is that of a path: an exemption's letter by
-- letter, a block's in any spelling.
local function on_route(route, path)
    if route.exempt then
        return not path.hides and on_path(route.segments, path.exact)
    end
    return on_path(route.segments, path.short) or path.bare and on_path(route.segments, path.bare)
end

local function path_of(uri)
    local path = { exact = split(uri) }
    path.short = short(path.exact)
    if find(uri, ";", 1, true) then
        path.bare, path.hides = bare(uri)
    end
    return path
end

local function by_route(found, m, var)
    local list = all_routes(m)
    local path, now, method = path_of(var.uri), ngx.now(), var.request_method
    for i = 1, #list do
        local r = list[i]
        if r.ends > now and (not r.method or r.method == method) and on_route(r, path) then
            if sub(r.value, 1, 5) == "flag " then
                found.flag = found.flag or r.value
            end
            found.best = stronger(found.best, r.value)
        end
    end
end

-- The variables of the other scopes. All but the first are the operator's.
local variables = {
    user_agent = "http_user_agent",
    api = "honeymoat_api",
    application = "honeymoat_application",
    fingerprint = "honeymoat_fingerprint",
    network = "honeymoat_network",
    country = "honeymoat_country",
}
local longest = 512 -- of a value, in bytes; of a longer user agent the beginning counts

local function by_scopes(found, m, prefix, var)
    local scopes = m[prefix .. "s"]
    for i = 1, scopes and #scopes or 0 do
        local scope = scopes[i]
        local value = variables[scope] and var[variables[scope]]
        if value and value ~= "" then
            note(found, prefix .. scope .. ":" .. sub(value, 1, longest), m.epoch)
        end
    end
end

local function look(m, var)
    local found, address = {}, var.binary_remote_addr
    by_address(found, m, "x", address)
    by_scopes(found, m, "x", var)
    by_address(found, m, "", address)
    by_scopes(found, m, "", var)
    if m.r and m.r[2] > 0 then
        by_route(found, m, var)
    end
    return found
end

-- ## Acting

local function respond(status, content_type, body, retry_after)
    if status == 403 and body == "" then
        return ngx.exit(403)
    end
    ngx.status = status
    if content_type ~= "" then
        ngx.header["Content-Type"] = content_type
    end
    ngx.header["Retry-After"] = retry_after
    ngx.header["Content-Length"] = #body
    if ngx.var.request_method ~= "HEAD" and body ~= "" then
        ngx.print(body)
    else
        ngx.send_headers()
    end
    return ngx.exit(ngx.HTTP_OK)
end

-- take takes a token of a bucket; it gives 0, or the seconds until there is
-- one again. The bucket is the time at which it will be full: adding to it is
-- one step for all workers, so that no two take the same token.
local function take(key, rate, burst)
    local gap, now = 1 / rate, ngx.now()
    local ttl = burst * gap + 60
    local full = buckets:incr(key, gap, now, ttl)
    if not full then
        return 0
    end
    buckets:expire(key, ttl)
    if full - gap < now then -- it was full
        full = buckets:incr(key, now + gap - full) or now + gap
    end
    local missing = full - now - burst * gap
    if missing <= 1e-6 then
        return 0
    end
    buckets:incr(key, -gap)
    return math.max(1, math.ceil(missing))
end

local function pass(found, var)
    if not found.flag then
        return
    end
    local said, name, value = match(found.flag, "^([^\n]*)\n([^\n]*)\n(.*)$")
    var.honeymoat_decision = said
    var.honeymoat_flag = value
    ngx.req.set_header("X-Honeymoat-Flag", value)
    ngx.req.set_header(name, value)
end

local function throttle(found, var, id)
    local rate, burst, each, status, content_type, body =
        match(found.best, "^[^\n]*\n(%S+) (%d+) (%d)\n(%d+)\n([^\n]*)\n(.*)$")
    local key = each == "1" and id .. var.binary_remote_addr or id
    local wait = take(key, tonumber(rate), tonumber(burst))
    if wait == 0 then
        return pass(found, var)
    end
    var.honeymoat_decision = "throttle " .. id
    return respond(tonumber(status), content_type, body, wait)
end

local function act(found, var)
    local action, id = match(found.best, "^(%l+) (%x+)")
    if action == "allow" then
        return
    elseif action == "flag" then
        return pass(found, var)
    elseif action == "throttle" then
        return throttle(found, var, id)
    end
    var.honeymoat_decision = action .. " " .. id
    if action == "drop" then
        return ngx.exit(444)
    elseif action == "divert" then
        return ngx.exec("@honeymoat_decoy")
    end
    local status, content_type, body = match(found.best, "^[^\n]*\n(%d+)\n([^\n]*)\n(.*)$")
    return respond(tonumber(status) or 403, content_type or "", body or "")
end

-- check decides about the request at hand, once, whatever nginx makes of it
-- inside. It is for rewrite_by_lua.
function _M.check()
    local var = ngx.var
    if ngx.is_subrequest or var.honeymoat_looked == "1" then
        return
    end
    var.honeymoat_looked = "1"
    if var.http_x_honeymoat_flag then
        ngx.req.clear_header("X-Honeymoat-Flag")
    end
    local m = meta()
    if not m then
        if var.honeymoat_fail_mode == "closed" then
            return ngx.exit(503)
        end
        return
    end
    local found = look(m, var)
    if found.best then
        return act(found, var)
    end
end

-- ## Taking what the agent tells

local function answer(status, text)
    ngx.status = status
    ngx.print(text)
    return ngx.exit(ngx.HTTP_OK)
end

local function epoch_in_force()
    local raw = blocks:get("meta")
    return raw and tonumber(match(raw, "^epoch (%d+)")) or 0
end

local function begin()
    local coming = math.max(blocks:get("coming") or 0, epoch_in_force()) + 1
    blocks:set("coming", coming)
    ngx.print(coming)
end

-- keep puts what a request holds into the dictionary. Nothing is put out to
-- make room: what would be, is a block.
local function keep(body, epoch)
    return read_records(body, function(kind, ms, key, value)
        local ok, err = true, nil
        if kind == "S" then
            if key == "routes" then
                blocks:set("routes_at", ngx.now())
            end
            ok, err = blocks:safe_set(key, value, ms / 1000, epoch)
        elseif kind == "D" then
            blocks:delete(key)
        elseif kind == "M" then
            ok, err = blocks:safe_set("meta", "epoch " .. epoch .. "\n" .. value)
        end
        if not ok then
            blocks:flush_expired()
            return err or "not kept"
        end
    end)
end

-- receive answers the agent. It is for content_by_lua of a server that nobody
-- else can reach.
function _M.receive()
    if ngx.req.get_method() == "GET" then
        return ngx.print(epoch_in_force())
    end
    local kind = ngx.var.http_x_honeymoat_kind
    local epoch = tonumber(ngx.var.http_x_honeymoat_epoch)
    if kind == "begin" then
        return begin()
    end
    local expected = epoch_in_force()
    if kind ~= "change" then
        expected = blocks:get("coming")
    end
    if not epoch or epoch ~= expected then
        return answer(409, "another epoch")
    end
    ngx.req.read_body()
    local body = ngx.req.get_body_data()
    if not body then
        return answer(413, "want a client_body_buffer_size of at least 1m")
    end
    local ok, err = keep(body, epoch)
    if ok then
        return
    elseif err == "no memory" then
        return answer(507, err)
    end
    return answer(400, "records: " .. tostring(err))
end

return _M
