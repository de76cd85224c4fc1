-- The requests of an apply of new servers, for `wrk`: challenge, protected resource metadata, authorization server metadata, registration.
--
--     wrk -s requests.lua ORIGIN COUNT

local count, sent = 1, 0
local json = { ["Content-Type"] = "application/json" }
local registration = '{"client_name":"Test scripts","redirect_uris":["http://127.0.0.1:7777/callback/s000001"],'
  .. '"grant_types":["authorization_code","refresh_token"],"response_types":["code"],'
  .. '"token_endpoint_auth_method":"client_secret_basic"}'
local probe = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'

function init(arguments)
  count = tonumber(arguments[1]) or 1
end

function request()
  local server = string.format("/n/%06d", math.floor(sent / 4) % count + 1)
  local step = sent % 4
  sent = sent + 1
  if step == 0 then return wrk.format("POST", server .. "/mcp", json, probe) end
  if step == 1 then return wrk.format("GET", "/.well-known/oauth-protected-resource" .. server .. "/mcp") end
  if step == 2 then return wrk.format("GET", "/.well-known/oauth-authorization-server" .. server) end
  return wrk.format("POST", server .. "/register", json, registration)
end
