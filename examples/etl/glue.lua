-- glue.lua: a small stand-in for AWS Glue and SNS, over local folders.
--
-- The crawler takes three looks to be done, the job runs when its schema is there: as the real ones, but here.
local passo = require "passo"
local csv = require "csv"
local schema = require "schema"

local glue = {}
glue.__index = glue

--- files: paths of the CSV files of this night.
function glue.new(files)
  return setmetatable({ files = files, catalog = {}, looks = 0, state = "READY", messages = {} }, glue)
end

local function read(path)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local content = file:read "*a"
  file:close()
  return content
end

function glue:crawl()
  for _, path in ipairs(self.files) do
    local content, message = read(path)
    if not content then
      return "FAILED", message
    end
    local records = csv.parse(content)
    self.catalog[path] = { records = records, columns = schema.infer(records) }
  end
  return "SUCCEEDED"
end

-- Rows of one file as typed JSON lines; a row with too many or too few cells is set aside.
local function transform(entry, target, rejected)
  local lines = {}
  for r = 2, #entry.records do
    local record, fields = entry.records[r], {}
    if #record ~= #entry.columns then
      rejected[#rejected + 1] = record
    else
      for i, column in ipairs(entry.columns) do
        local value = schema.value(column.type, record[i])
        fields[i] = { column.name, value == nil and passo.null or value }
      end
      lines[#lines + 1] = passo.core.encode(passo.object(fields))
    end
  end
  local file = assert(io.open(target, "wb"))
  file:write(table.concat(lines, "\n"), #lines > 0 and "\n" or "")
  file:close()
  return #lines
end

function glue:run_job(arguments)
  local rows, rejected = 0, {}
  for _, path in ipairs(self.files) do
    local name = path:match "([^/]+)%.csv$"
    rows = rows + transform(self.catalog[path], arguments["--target"] .. "/" .. name .. ".jsonl", rejected)
  end
  return { JobRunState = "SUCCEEDED", Rows = rows, Files = #self.files, Rejected = #rejected }
end

--- The handlers, by the ARNs in the definition.
function glue:handlers()
  return {
    ["arn:aws:states:::aws-sdk:glue:startCrawler"] = function()
      self.state, self.looks = "RUNNING", 0
      return {}
    end,
    ["arn:aws:states:::aws-sdk:glue:getCrawler"] = function(input)
      self.looks = self.looks + 1
      local crawler = { Name = input.Name, State = self.state, LastCrawl = { Status = "NONE" } }
      if self.looks >= 3 then
        local status, message = self:crawl()
        crawler.State, crawler.LastCrawl = "READY", { Status = status, ErrorMessage = message }
      end
      return { Crawler = crawler }
    end,
    ["arn:aws:states:::glue:startJobRun.sync"] = function(input)
      return self:run_job(input.Arguments)
    end,
    ["arn:aws:states:::sns:publish"] = function(input)
      table.insert(self.messages, input.Subject .. ": " .. input.Message)
      return { MessageId = tostring(#self.messages) }
    end,
  }
end

return glue
