-- Definitions inside SAM, CloudFormation and serverless.yml files.
local passo = require "passo"
local helper = require "helper"

local SAM = [[
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition:
        StartAt: Charge
        States:
          Charge: { Type: Task, Resource: !GetAtt ChargeFunction.Arn, Nxt: Done, End: true }
  Mail:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: mail.asl.json
      DefinitionSubstitutions: { Function: 'lua:mail' }
]]
local MAIL = '{"StartAt":"M","States":{"M":{"Type":"Task","Resource":"${Function}","TimeoutSeconds":5,"End":true}}}'
local STACK = [[{"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
  "DefinitionString": {"Fn::Sub":
  "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":\"${AWS::Region}\",\"End\":true}}}"}}}}}]]

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

describe("passo.load of a template", function()
  local folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  write(folder .. "/sam.yaml", SAM)
  write(folder .. "/mail.asl.json", MAIL)
  write(folder .. "/stack.json", STACK)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("takes the only machine of a CloudFormation file", function()
    local machine = assert(passo.load(folder .. "/stack.json"))
    assert.equal("passo.machine: Flow", tostring(machine))
    assert.equal("${AWS::Region}", machine:run({}).output)
  end)

  it("takes the machine that is named, from the file the template names, with its substitutions", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    local machine = assert(passo.load(folder .. "/sam.yaml", { machine = "Mail" }))
    local result = machine:run({}, { handlers = { ["lua:mail"] = function() return "sent" end } })
    assert.equal("sent", result.output)
  end)

  it("fills in what only a deployment would know", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    write(folder .. "/deployed.yaml", (SAM:gsub("'lua:mail'", "!GetAtt MailFunction.Arn")))
    local options = { machine = "Mail", set = { ["MailFunction.Arn"] = "lua:mail" } }
    local machine = assert(passo.load(folder .. "/deployed.yaml", options))
    assert.equal(1, machine:run({}, { handlers = { ["lua:mail"] = function() return 1 end } }).output)
    local _, message = passo.load(folder .. "/deployed.yaml", { machine = "Mail" })
    assert.truthy(message:find("give a value for its placeholder", 1, true), message)
  end)

  it("asks which when there are several, and names them", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    local machine, message, failure = passo.load(folder .. "/sam.yaml")
    assert.is_nil(machine)
    assert.truthy(message:find("2 state machines (Orders, Mail): the option machine says which", 1, true), message)
    assert.equal("EINPUT", failure.code)
    message = select(2, passo.load(folder .. "/sam.yaml", { machine = "Nobody" }))
    assert.truthy(message:find("no state machine 'Nobody', but Orders, Mail", 1, true), message)
  end)

  it("names a definition's file that is not there", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    os.rename(folder .. "/mail.asl.json", folder .. "/moved")
    local _, message = passo.load(folder .. "/sam.yaml", { machine = "Mail" })
    os.rename(folder .. "/moved", folder .. "/mail.asl.json")
    assert.truthy(message:find("Mail: .*mail%.asl%.json: No such file"), message)
  end)

  it("is checked machine by machine", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    local found = passo.check(folder .. "/sam.yaml", { warnings = false })
    assert.equal(1, #found)
    assert.equal("Orders", found[1].machine)
    assert.equal(7, found[1].line)
    assert.equal(folder .. "/sam.yaml:7:7: error SCHEMA_VALIDATION_FAILED: Orders: Field 'Nxt' is not supported" ..
      "  /States/Charge  (did you mean \"Next\"?)", tostring(found[1]))
  end)
end)
