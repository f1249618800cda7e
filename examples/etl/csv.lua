-- csv.lua: RFC 4180 as files in the wild have it: quotes, doubled quotes, line breaks inside quotes, CRLF.
local csv = {}

--- The records of a CSV text: a list of lists of strings.
function csv.parse(text)
  local records, record, at = {}, {}, 1
  while at <= #text do
    local cell
    if text:sub(at, at) == '"' then
      local parts, from = {}, at + 1
      while true do
        local quote = assert(text:find('"', from, true), "a quoted cell has no end")
        parts[#parts + 1] = text:sub(from, quote - 1)
        if text:sub(quote + 1, quote + 1) ~= '"' then
          at = quote + 1
          break
        end
        parts[#parts + 1] = '"'
        from = quote + 2
      end
      cell = table.concat(parts)
    else
      local stop = text:find("[,\r\n]", at) or #text + 1
      cell, at = text:sub(at, stop - 1), stop
    end
    record[#record + 1] = cell
    local next_char = text:sub(at, at)
    if next_char == "," then
      at = at + 1
      if at > #text then
        record[#record + 1] = ""
      end
    end
    if next_char ~= "," or at > #text then
      at = text:match("^\r?\n?()", at)
      records[#records + 1] = record
      record = {}
    end
  end
  return records
end

return csv
