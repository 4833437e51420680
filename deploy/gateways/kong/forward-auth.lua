-- honeymoat for Kong 3: asks the agent about each request, before all other
-- plugins (pre-function, phase access). See README.md beside it.
local http = require "resty.http"

local agent = "http://127.0.0.1:4443/"
local secret = nil -- what gateways.forward_auth.secret_file of the agent holds, where it is on another host
local closed = { "^/payments/", "^/payments$" } -- paths that are refused while the agent is away

local shown = { "Authorization", "Cookie", "User-Agent", "X-Api-Key" }

local function ask()
  local headers = {
    ["X-Forwarded-For"] = kong.client.get_forwarded_ip(),
    ["X-Forwarded-Method"] = kong.request.get_method(),
    ["X-Forwarded-Host"] = kong.request.get_forwarded_host(),
    ["X-Forwarded-Proto"] = kong.request.get_forwarded_scheme(),
    ["X-Forwarded-Uri"] = kong.request.get_path_with_query(),
    ["X-Honeymoat-Request"] = ngx.var.request_id,
    ["X-Honeymoat-Secret"] = secret,
  }
  for _, name in ipairs(shown) do
    headers[name] = kong.request.get_header(name)
  end
  local client = http.new()
  client:set_timeouts(100, 250, 250)
  return client:request_uri(agent, { method = "GET", headers = headers, keepalive_timeout = 60000, keepalive_pool = 32 })
end

local function give(answer)
  local status = tonumber(answer.headers["X-Honeymoat-Status"]) or answer.status
  return kong.response.exit(status, answer.body, {
    ["Content-Type"] = answer.headers["Content-Type"],
    ["Retry-After"] = answer.headers["Retry-After"],
    ["X-Honeymoat-Decision"] = answer.headers["X-Honeymoat-Decision"],
  })
end

-- No client can set it.
kong.service.request.clear_header("X-Honeymoat-Flag")

local answer, err = ask()
if not answer then
  kong.log.err("honeymoat's agent does not answer: ", err)
  for _, pattern in ipairs(closed) do
    if string.find(kong.request.get_path(), pattern) then
      return kong.response.exit(503)
    end
  end
  return
end

if answer.status >= 300 then
  return give(answer)
end
local flag = answer.headers["X-Honeymoat-Flag"]
if flag and flag ~= "" then
  kong.service.request.set_header("X-Honeymoat-Flag", flag)
end
