--- The PostgreSQL store when servers, connections and other workers fail: what was answered is there, what was not is
--- found out, and who was buried is fenced.
local store = require "passo.store"
local postgres = require "servers.postgres"
local plain = require "passo.host.plain"

local server, why
if not pcall(require, "passo.postgres.core") then
  why = "built without libpq"
else
  server, why = postgres.start()
end

describe("the PostgreSQL store", function()
  if not server then
    pending(why)
    return
  end

  local cut, schemas, url, direct, opened = nil, 0, nil, nil, {}

  local function open(address)
    local made, message, failure = store.open(address)
    if made then opened[#opened + 1] = made end
    return made, message, failure
  end

  setup(function() cut = server:cut() end)
  teardown(function()
    cut:stop()
    server:stop()
  end)

  before_each(function()
    schemas = schemas + 1
    local name = "loss_" .. schemas
    server:sql("CREATE SCHEMA " .. name)
    cut:say "pass"
    url = function(more)
      return server:url { port = cut.port, query = "options=-csearch_path%3D" .. name .. (more or "") }
    end
    direct = server:url { socket = true, query = "options=-csearch_path%3D" .. name }
  end)

  after_each(function()
    cut:say "pass"
    for _, made in ipairs(opened) do made:close() end
    opened = {}
  end)

  local function begin(at, worker, name)
    return assert(at:insert {
      arn = "arn:x:shop:" .. name, machine = "arn:m:shop", name = name, revision = "r", type = "STANDARD",
      status = "RUNNING", start_ms = 1, birth = "b", body = "{}", owner = worker,
    })
  end

  local function append(at, id, worker, seq, fields)
    local a = {
      id = id, owner = worker, epoch = 1, seq = seq, record = "r" .. seq, first_event = seq, last_event = seq,
    }
    for key, value in pairs(fields or {}) do a[key] = value end
    return at:append(a)
  end

  local function seqs(at, id)
    local out = {}
    for i, record in ipairs(assert(at:records(id))) do out[i] = record.seq end
    return out
  end

  for _, word in ipairs { "drop", "swallow", "block", "commit" } do
    it("answers what became of appends and posts when the network does: " .. word, function()
      local at = assert(open(url()))
      local worker = assert(at:register { name = "one", ttl_ms = 60000 })
      local id = begin(at, worker, "a")
      assert.is_true(append(at, id, worker, 1):wait())
      cut:say(word)
      local first, second = append(at, id, worker, 2), append(at, id, worker, 3)
      assert.is_true(first:wait())
      assert.is_true(second:wait())
      cut:say(word)
      assert.is_true(append(at, id, worker, 4, { posts = { { execution = id, verb = "v", body = "x" } } }):wait())
      cut:say(word)
      assert.same({ owner = worker }, at:post(id, "v", "y"))
      cut:say(word)
      local other = begin(at, worker, "b")
      cut:say(word)
      assert.is_true(at:release(other, worker, 1, 1))
      cut:say(word)
      local claimed = assert(at:claim { worker = worker, limit = 5 })
      assert.same({ other, 2 }, { claimed[1].id, claimed[1].epoch })
      cut:say(word)
      assert.same({ 1, 2, 3, 4 }, seqs(at, id))
      local inbox = assert(at:inbox(worker))
      assert.same({ "x", "y" }, { inbox[1].body, inbox[2].body })
      assert.is_nil(inbox[3])
      assert.same({}, at:check())
    end)
  end

  it("goes on after the server was restarted, and after it crashed, in the middle of the work", function()
    local at = assert(open(direct))
    local host = plain.default()
    local worker = assert(at:register { name = "one", ttl_ms = 60000 })
    local ids, last, ended, wrong = {}, {}, 0, nil
    for i = 1, 20 do ids[i] = begin(at, worker, "e" .. i) end
    local is_over = false
    for _, id in ipairs(ids) do
      host:spawn(function()
        local seq = 0
        while not is_over and not wrong do
          seq = seq + 1
          local ok, message = append(at, id, worker, seq):wait()
          if not ok then wrong = message end
        end
        ended = ended + 1
        last[id] = seq
      end)
    end
    local sh = "sh spec/servers/postgres.sh %s " .. server.folder
    local script = "unset LD_PRELOAD; (%s; %s; sleep 0.3; %s; %s; touch %s/again) >/dev/null 2>&1 &"
    os.execute(script:format(sh:format "stop", sh:format "start", sh:format "crash", sh:format "start", server.folder))
    local again
    repeat
      host:sleep(0.05)
      again = io.open(server.folder .. "/again")
    until again or wrong
    if again then again:close() end
    host:sleep(0.1)
    is_over = true
    while ended < 20 do host:sleep(0.01) end
    assert.is_nil(wrong)
    for _, id in ipairs { ids[1], ids[20] } do
      local kept = seqs(at, id)
      assert.equal(last[id], #kept)
      assert.equal(last[id], kept[#kept])
    end
    assert.same({}, at:check())
    -- Nobody was buried: where a server is new, a missing lock says nothing.
    assert.same({}, at:bury())
    assert.is_true(at:renew(worker, 60000))
    assert.is_true(at:workers()[1].alive)
    os.remove(server.folder .. "/again")
  end)

  it("fences who was buried while away", function()
    local at, other = assert(open(url())), assert(open(direct))
    local worker = assert(at:register { name = "one", ttl_ms = 60000 })
    local id = begin(at, worker, "a")
    cut:say "refuse"
    local buried
    for _ = 1, 50 do
      buried = assert(other:bury())
      if buried[1] then break end
      plain.default():sleep(0.02)
    end
    assert.same({ { worker = worker, executions = 1 } }, buried)
    cut:say "pass"
    local _, _, failure = append(at, id, worker, 1):wait()
    assert.equal("EFENCED", failure.code)
    _, _, failure = at:renew(worker, 1000)
    assert.equal("EFENCED", failure.code)
    assert.same({}, seqs(other, id))
  end)

  it("keeps a worker's lock over a connection that was cut", function()
    local at, other = assert(open(url())), assert(open(direct))
    local worker = assert(at:register { name = "one", ttl_ms = 60000 })
    cut:say "drop"
    assert.is_true(append(at, begin(at, worker, "a"), worker, 1):wait())
    assert.same({}, other:bury())
    assert.is_true(other:workers()[1].alive)
  end)

  it("buries who died at once, and ends the session of who stands still", function()
    local at, dead = assert(open(direct)), assert(store.open(direct))
    local worker = assert(dead:register { name = "dead", ttl_ms = 60000 })
    local id = begin(dead, worker, "a")
    dead:close()
    local buried
    for _ = 1, 50 do
      buried = assert(at:bury())
      if buried[1] then break end
      plain.default():sleep(0.02)
    end
    assert.same({ { worker = worker, executions = 1 } }, buried)
    assert.equal(1, at:describe_id(id).crashes)

    local still = assert(open(direct))
    worker = assert(still:register { name = "still", ttl_ms = 0 })
    id = begin(still, worker, "b")
    assert.same({ { worker = worker, executions = 1 } }, at:bury())
    local _, _, failure = append(still, id, worker, 1):wait()
    assert.equal("EFENCED", failure.code)
  end)

  it("says that the server is away, when it has waited long enough", function()
    local at = assert(open(url "&wait_ms=600"))
    local worker = assert(at:register { name = "one", ttl_ms = 60000 })
    local id = begin(at, worker, "a")
    for _, word in ipairs { "refuse", "stall" } do
      cut:say(word)
      local ok, message, failure = append(at, id, worker, 1):wait()
      assert.is_nil(ok)
      assert.equal("ESTORE", failure.code)
      assert.truthy(message:find("PostgreSQL", 1, true) or message:find("connection", 1, true))
      cut:say "drop"
    end
    assert.is_true(append(at, id, worker, 1):wait())
    assert.is_true(at:renew(worker, 60000))
    assert.is_true(at:workers()[1].alive)
  end)

  it("rings another process's bell", function()
    local at, other = assert(open(direct)), assert(open(direct))
    local worker = assert(other:register { name = "two", ttl_ms = 60000 })
    local rung = {}
    assert.is_true(other:bell(function(what) rung[#rung + 1] = what end, worker))
    local id = begin(other, worker, "a")
    at:post(id, "beat", "")
    local host = plain.default()
    for _ = 1, 100 do
      if rung[1] then break end
      host:sleep(0.02)
      other:now_ms()
      assert(other:workers())
    end
    assert.equal("inbox", rung[1])
  end)

  describe("says in words what is wrong:", function()
    local function refusal(address)
      local made, message, failure = store.open(address)
      assert.is_nil(made)
      assert.is_nil(message:find("secret", 1, true))
      return message, failure.code
    end

    it("a database that is not there", function()
      local message, code = refusal(server:url { database = "nowhere" })
      assert.equal("ESTORE", code)
      assert.truthy(message:find('database "nowhere" does not exist', 1, true))
      assert.truthy(message:find("createdb", 1, true))
    end)

    it("a password that is wrong, and one that is missing", function()
      server:sql "CREATE ROLE locked LOGIN PASSWORD 'other'"
      local file = assert(io.open(server.folder .. "/data/pg_hba.conf", "r"))
      local rules = file:read "*a"
      file:close()
      file = assert(io.open(server.folder .. "/data/pg_hba.conf", "w"))
      file:write("host all locked 127.0.0.1/32 scram-sha-256\n", rules)
      file:close()
      server:sql "SELECT pg_reload_conf()"
      local message = refusal(server:url { user = "locked:secret" })
      assert.truthy(message:find("password authentication failed", 1, true))
      message = refusal(server:url { user = "locked" })
      assert.truthy(message:find("no password supplied", 1, true))
    end)

    it("SSL that the server does not offer", function()
      local message = refusal(server:url { query = "sslmode=require" })
      assert.truthy(message:find("does not support SSL", 1, true))
    end)

    it("nobody listens", function()
      local message = refusal(server:url { port = 1 })
      assert.truthy(message:find("is the server running", 1, true))
    end)

    it("a connection string that cannot be read, without what it holds", function()
      local message, code = refusal "postgres://u:secret@[::1"
      assert.equal("EINPUT", code)
      assert.truthy(message:find("connection string", 1, true))
    end)

    it("a server that is too old", function()
      local old = postgres.old()
      local message = refusal(server:url { port = old.port, query = "sslmode=disable" })
      old:stop()
      assert.truthy(message:find("PostgreSQL 9.6: passo needs 13 or later", 1, true))
    end)

    it("a database of another encoding", function()
      server:sql "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
      local message = refusal(server:url { database = "ascii" })
      assert.truthy(message:find("SQL_ASCII", 1, true))
    end)

    it("a user who may make no tables", function()
      server:sql "CREATE ROLE guest LOGIN"
      local message = refusal(server:url { user = "guest" })
      assert.truthy(message:find("permission denied", 1, true))
      assert.truthy(message:find("grant", 1, true))
    end)

    it("a store that a newer passo wrote", function()
      local at = assert(store.open(direct))
      at:close()
      server:sql(("SET search_path = loss_%d; UPDATE passo_meta SET value = 99 WHERE key = 'format'"):format(schemas))
      local message, code = refusal(direct)
      assert.equal("ENEWER", code)
      assert.truthy(message:find("99", 1, true))
    end)
  end)
end)
