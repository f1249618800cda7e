--- Keys that a program of the user's prints: credential_process.
---
--- A shell collects what it prints in a pipe, and a mark (an empty file) vanishes when all is there: only then is the
--- pipe read, so nobody waits in a read. The program gets no input, a minute of time and the room of a pipe; what it
--- says on its error channel goes where ours goes, for it may be anything.
local core = require "passo.core"
local plain = require "passo.host.plain"
local source = require "passo.aws.credentials.source"

local LIMIT_SECONDS, LIMIT_BYTES = 60, 32768
local NAMES = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration" }

local SCRIPT = [[limit=; command -v timeout >/dev/null 2>&1 && limit='timeout -k 5 %d'
{ $limit %s </dev/null; printf '\n%%d' "$?"; } | head -c %d; rm -f %s]]

-- Words as a shell would split them, without any other meaning a shell gives to characters.
local function split(line)
  local words, word, at = {}, nil, 1
  while at <= #line do
    local c = line:sub(at, at)
    if c == "'" then
      local stop = line:find("'", at + 1, true)
      if not stop then return nil, "a quote is not closed" end
      word = (word or "") .. line:sub(at + 1, stop - 1)
      at = stop
    elseif c == '"' then
      word, at = word or "", at + 1
      while line:sub(at, at) ~= '"' do
        if at > #line then return nil, "a quote is not closed" end
        if line:find('^\\["\\]', at) then at = at + 1 end
        word, at = word .. line:sub(at, at), at + 1
      end
    elseif c == "\\" then
      if at == #line then return nil, "a backslash stands before nothing" end
      at = at + 1
      word = (word or "") .. line:sub(at, at)
    elseif c:find "%s" then
      words[#words + 1], word = word, nil
    else
      word = (word or "") .. c
    end
    at = at + 1
  end
  words[#words + 1] = word
  if #words == 0 then return nil, "it is empty" end
  return words
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Waits until the mark is gone; on a virtual clock the read itself has to wait.
local function await(context, mark)
  local host = plain.current() or plain.default()
  if host.virtual_ms then return true end
  local limit_ms, pause = core.now_ms() + (LIMIT_SECONDS + 10) * 1000, 0.005
  while exists(mark) do
    if core.now_ms() > limit_ms then return nil, ("no answer within %d s"):format(LIMIT_SECONDS) end
    local slept, why = context.sleep(pause)
    if slept == nil then return nil, why end
    pause = math.min(pause * 1.5, 0.1)
  end
  return true
end

-- What the program prints, and its exit status.
local function run(context, words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = quote(word) end
  local mark = os.tmpname()
  local pipe, message = io.popen(SCRIPT:format(LIMIT_SECONDS, table.concat(quoted, " "), LIMIT_BYTES, quote(mark)), "r")
  if not pipe then
    os.remove(mark)
    return nil, message
  end
  local ok
  ok, message = await(context, mark)
  if not ok then
    os.remove(mark)
    return nil, message
  end
  local text = pipe:read "*a" or ""
  pipe:close()
  if #text >= LIMIT_BYTES then return nil, ("it prints more than %d bytes"):format(LIMIT_BYTES) end
  local printed, status = text:match "^(.*)\n(%d+)$"
  if status == "124" then return nil, ("it was ended after %d s"):format(LIMIT_SECONDS) end
  if not status then return nil, "it was ended" end
  if status == "126" or status == "127" then return nil, "it cannot be run (exit status " .. status .. ")" end
  if status ~= "0" then return nil, "exit status " .. status end
  return printed
end

local function fetch(context, name, command)
  local words, message = split(command)
  if not words then return source.failed(name, message) end
  local text
  text, message = run(context, words)
  if not text then
    return source.failed(name, message, message == "cancelled" and { code = "ECANCELLED", message = message } or nil)
  end
  local reply
  reply, message = source.object(text)
  if not reply then return source.failed(name, message) end
  if reply.Version ~= 1 then return source.failed(name, "Version must be 1") end
  return source.keys(name, reply, NAMES, 2)
end

return function(context, profile_name, values)
  local name = ("credential_process (profile %q)"):format(profile_name)
  local command = values.credential_process
  if not command then return source.absent(name, "credential_process is not set") end
  if rawget(_G, "ngx") and not plain.current() then
    return source.failed(name, "nginx's workers start no programs; let it write its keys to the credentials file, "
      .. "or pass them in the environment")
  end
  return { name = name, waits = true, fetch = function() return fetch(context, name, command) end }
end
