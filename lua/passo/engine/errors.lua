--- The failures of the engine's verbs: the service's own exceptions, by name and in its words.
local errors = {}

--- nil, message, failure with the exception's name as its code.
---@param code string "StateMachineDoesNotExist"
---@param message string
---@param more? table further members of the exception: reason, resourceName
function errors.fail(code, message, more)
  local failure = { code = code, message = message }
  for key, value in pairs(more or {}) do failure[key] = value end
  return nil, message, failure
end

local fail = errors.fail

function errors.invalid_arn(words)
  return fail("InvalidArn", ("Invalid Arn: '%s'"):format(words))
end

function errors.wrong_type(resource_type)
  return errors.invalid_arn("Resource type not valid in this context: " .. resource_type)
end

function errors.invalid_name(name)
  return fail("InvalidName", ("Invalid Name: '%s'"):format(name))
end

function errors.no_machine(arn)
  return fail("StateMachineDoesNotExist", ("State Machine Does Not Exist: '%s'"):format(arn))
end

function errors.deleting(arn)
  return fail("StateMachineDeleting", ("State Machine is being deleted: '%s'"):format(arn))
end

function errors.no_execution(arn)
  return fail("ExecutionDoesNotExist", ("Execution Does Not Exist: '%s'"):format(arn))
end

function errors.no_resource(arn)
  return fail("ResourceNotFound", ("Resource not found: '%s'"):format(arn), { resourceName = arn })
end

function errors.wrong_machine_type()
  return fail("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
end

function errors.invalid(message, reason)
  return fail("ValidationException", message, { reason = reason })
end

--- Whether a store's write failed because somebody else was faster.
function errors.is_conflict(failure)
  return failure ~= nil and (failure.code == "ECONFLICT" or failure.code == "EEXISTS")
end

return errors
