---@meta passo
--- Types for LuaLS: what C binds, and the shapes that options and results have. Not loaded by anything.
--- Failures of the world are `nil, message, failure` everywhere; misuse raises.

---@class passo.Failure
---@field code string "EINPUT", "ELIMIT", "ESTALE", "EUNSUPPORTED", "EDAMAGED", "ENOHANDLER", "EJOURNAL", "EFILE", "EIDLE"
---@field message string
---@field at? integer byte in the input
---@field line? integer
---@field column? integer
---@field location? string JSON pointer
---@field words? string of a text that cannot be read: what is wrong, in our words; message has AWS's
---@field path? string file
---@field state? string path of the state
---@field resource? string

---@class passo.core
---@field null lightuserdata JSON's null; equal to ngx.null and cjson.null
---@field array_mt table the metatable of lists
local core = {}

--- Marks a table (a new one without) as a list, so that an empty one is [].
---@param list? table
---@return table list
function core.array(list) end

--- A table that remembers the order of these members.
---@param pairs {[1]: string, [2]: any}[]
---@return table
function core.object(pairs) end

--- An integer beyond 2^53 for engines that have doubles only.
---@param n string|number
---@return passo.Number? number nil, message, failure
function core.int64(n) end

--- A decimal number with all its digits.
---@param n string|number
---@return passo.Number? number nil, message, failure
function core.decimal(n) end

---@param text string
---@return any value nil, message, failure (with line and column)
function core.decode(text) end

---@param text string
---@return any value nil, message, failure (with line and column)
function core.decode_yaml(text) end

---@param value any
---@param options? {pretty: boolean}
---@return string? text nil, message, failure
function core.encode(value, options) end

--- An immutable, exact value: of JSON text, or of a Lua value.
---@param source any a string is JSON text
---@return passo.Value? value nil, message, failure
function core.value(source) end

---@param source string|table|passo.Value JSON or YAML text, or the definition itself
---@param options? {type: "STANDARD"|"EXPRESS", profile: string, warnings: boolean, format: "auto"|"json"|"yaml", path: string, set: table}
---@return passo.Finding[]
function core.check(source, options) end

---@param source string|table|passo.Value
--- A finding made in Lua prints like those of check.
---@param finding passo.Finding
---@return passo.Finding
function core.finding(finding) end

---@class passo.TemplateMachine
---@field name string
---@field pointer string where in the file the definition stands (RFC 6901)
---@field type? "STANDARD"|"EXPRESS"
---@field line? integer
---@field column? integer
---@field definition? passo.Value
---@field uri? string instead of definition: the file that holds it, and
---@field values? passo.Value the substitutions to make in it
---@field error? string instead of both: why it cannot be read

--- The state machines of a SAM, CloudFormation or serverless.yml file; empty where it has none.
---@param options? {format: "auto"|"json"|"yaml"}
---@return passo.TemplateMachine[]? machines nil, message, failure
function core.templates(source, options) end

---@param options? {name: string, arn: string, role_arn: string, format: "auto"|"json"|"yaml", set: table}
---@return passo.CoreMachine? machine nil, message, failure
function core.machine(source, options) end

---@param machine passo.CoreMachine
---@param input any
---@param options? {arn: string, name: string, role_arn: string, machine_arn: string, machine_name: string, seed: string|number, now_ms: integer, profile: string, map: string}
---@return passo.Exec? exec nil, message, failure
function core.exec(machine, input, options) end

--- An execution from its snapshot.
---@param machine passo.CoreMachine
---@param snapshot string
---@param profile? string
---@param blobs? table<string, string> by hash: those of core.record_needs
---@return passo.Exec? exec nil, message, failure
function core.load(machine, snapshot, profile, blobs) end

--- An execution as it was new, from `exec:birth()`.
---@param machine passo.CoreMachine
---@param birth string
---@param blobs? table<string, string> by hash: those of core.record_needs
---@return passo.Exec? exec nil, message, failure
function core.rebirth(machine, birth, blobs) end

--- A place for executions that waited for nothing: what each began with is kept, out of Lua's sight, for it does the
--- same once more.
---@return passo.Shelf
function core.shelf() end

---@class passo.Shelf: userdata
local Shelf = {}
--- Closes the exec.
---@param exec passo.Exec
---@return integer slot
function Shelf:put(exec) end
--- It as it was new; the slot is free.
---@param slot integer
---@return passo.Exec
function Shelf:take(slot) end
---@param slot integer
---@return string arn
function Shelf:arn(slot) end

--- Raised whenever the same inputs bring other events than before.
---@type integer
core.behaviour = nil

--- What a record says of itself.
---@param record string
---@return {format: integer, behaviour: integer, first: integer, last: integer, inputs: integer}? head nil, message, failure
function core.record(record) end

---@param record string
---@param blobs? table<string, string>
---@return passo.Events? events nil, message, failure
function core.record_events(record, blobs) end

--- The hashes of the blobs that a birth, a record or a snapshot refers to.
---@param bytes string
---@return string[]? hashes nil, message, failure
function core.record_needs(bytes) end

--- A record's inputs, for people.
---@param record string
---@param blobs? table<string, string>
---@return table[]? inputs {verb, now_ms, token, ...}; nil, message, failure
function core.record_inputs(record, blobs) end

--- What a JSONPath reads, as the path engine by itself answers.
function core.jsonpath(...) end

--- A JSONata expression, compiled; nil, message, failure {code, message, at, position, token ...}.
---@param text string
---@param fuel? number of evaluations that ask for none
---@return passo.Jsonata? expression
function core.jsonata(text, fuel) end

--- Wall time in milliseconds since 1970.
---@return integer
function core.now_ms() end

--- Seconds on a clock that only goes on, from some moment in the past: for measuring.
---@return number
function core.clock() end

--- Blocks the thread: for the plain host.
---@param ms number
function core.sleep_ms(ms) end

--- Random bytes of the system.
---@param count integer 1 to 256
---@return string
function core.random(count) end

---@param text string an ISO 8601 instant
---@return integer? ms since 1970
function core.parse_time(text) end

---@param name "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@param text string
---@return string hex
function core.digest(name, text) end

--- Makes or replaces, in one step, a file that only its owner may read.
---@param path string
---@param text string
---@return boolean? written nil, message
function core.write_private(path, text) end

--- Reads a Distributed Map's file, a chunk at a time.
---@param config table|lightuserdata ReaderConfig, or null
---@param max_items? integer
---@param key? string the file's name: .gz, .zst and .zstd are unpacked
---@return passo.ItemReader? reader nil, message, failure
function core.item_reader(config, max_items, key) end

---@class passo.ItemReader
---@field feed fun(self, chunk: string): boolean whether more is wanted
---@field finish fun(self): passo.Value?, string? the rows; nil, cause
---@field close fun(self)

--- The files that a manifest names, and the ReaderConfig to read each of them with.
---@param text string
---@param config table|passo.Value ReaderConfig with ManifestType
---@return {files: passo.Value, config: passo.Value}? manifest nil, message, failure
function core.read_manifest(text, config) end

--- Gathers the rows of several files, or the pages of a listing.
---@param max_items? integer
---@return passo.Rows
function core.rows(max_items) end

---@class passo.Rows
---@field list fun(self, contents: any): boolean adds ListObjectsV2's Contents; whether more is wanted
---@field add fun(self, rows: any): boolean adds a list's elements, or one row; whether more is wanted
---@field count fun(self): integer
---@field take fun(self): passo.Value
---@field close fun(self)

--- The files that a ResultWriter makes of child records.
---@param results any
---@param map_run string its ARN
---@param bucket string
---@param prefix string
---@param config table|lightuserdata WriterConfig, or null
---@return {details: passo.Value, files: {key: string, body: string}[]}? written nil, message, failure
function core.write_results(results, map_run, bucket, prefix, config) end

--- A folder's files as S3's listObjectsV2 gives them to a Map.
---@param folder string
---@param prefix? string
---@return passo.Value? rows nil, message
function core.list_files(folder, prefix) end

--- Makes the folders on the way to a path.
---@param path string
---@return boolean? made nil, message
function core.make_folders(path) end

---@class passo.Jsonata: userdata
local Jsonata = {}
--- The result as a plain Lua value; nil for nothing; nil, message, failure.
---@param data any nil: no input document
---@param bindings? table<string, any> data, or Lua functions, which must not yield
---@param options? {depth?: integer, bytes?: integer, range?: integer, fuel?: number}
---@return any
function Jsonata:eval(data, bindings, options) end

---@class passo.Value: userdata
local Value = {}
---@return any plain Lua value: nil, message, failure when it is too large
function Value:lua() end
---@return string json compact
function Value:json() end
---@return integer bytes of the compact JSON
function Value:bytes() end
---@param other any
---@return boolean
function Value:equal(other) end

---@class passo.Number: userdata
---@operator add(passo.Number|number): passo.Number
---@operator sub(passo.Number|number): passo.Number
---@operator mul(passo.Number|number): passo.Number
---@operator div(passo.Number|number): number
local Number = {}
---@param other passo.Number|number
---@return -1|0|1
function Number:compare(other) end
---@return number nearest
function Number:number() end

---@class passo.CoreMachine: userdata
local CoreMachine = {}
---@return passo.Value
function CoreMachine:definition() end
---@return passo.State[]
function CoreMachine:states() end
---@return string
function CoreMachine:name() end
---@return table<string, string[]> variables read, by state
function CoreMachine:variables() end

---@class passo.Exec: userdata
local Exec = {}
--- The next command as several results; nil when there is none.
--- TASK token state arguments attempt stage visit deadline_ms task_token role_arn submitted |
--- CALL token state arguments name | CHILD token state input index name map_run |
--- READ token state parameters max_items map_run | WRITE token state parameters results map_run |
--- CANCEL token | FINISH nil nil output status error cause | MORE
---@return string? kind
function Exec:poll() end
---@param token integer
---@param now_ms integer
---@param worker? string
---@return true? ok nil, message, failure (ESTALE), as all inputs
--- As poll, for a driver that performs at once: a new task (no activity, nothing that hands out a token) is
--- started now and comes as "START", token, state, attempt, visit, deadline_ms.
function Exec:take(now_ms) end
--- Of a task under way.
---@return string? task_token, string? role_arn
function Exec:task(token) end
--- The arguments of a task under way.
---@return any input nil, message, failure when it is too large for Lua tables
function Exec:input(token) end
function Exec:started(token, now_ms, worker) end
function Exec:submitted(token, value, now_ms) end
function Exec:beat(token, now_ms) end
function Exec:resume(token, now_ms, value) end
function Exec:fail(token, now_ms, error, cause) end
function Exec:tick(now_ms) end
function Exec:stop(now_ms, error, cause) end
--- An execution that ended without success goes on with what did not succeed, and nothing else.
---@param now_ms integer
---@return true? ok nil, message (why not, in AWS's words), failure
function Exec:redrive(now_ms) end
--- New limits for a map run under way.
---@param run integer|string the token of one of its commands, or its ARN
---@param now_ms integer
---@param limits {max_concurrency?: integer, tolerated_failure_count?: integer, tolerated_failure_percentage?: number}
---@return true? ok nil, message, failure
function Exec:update(run, now_ms, limits) end
--- The limits of a map run under way, as given or changed since; nil: no such run is under way.
---@param run string the map run's ARN
---@return {max_concurrency: integer, tolerated_failure_count: integer, tolerated_failure_percentage: number}? limits
function Exec:limits(run) end
---@return integer? ms when tick is due
function Exec:deadline() end
---@return "RUNNING"|"SUCCEEDED"|"FAILED"|"TIMED_OUT"|"ABORTED"
function Exec:status() end
---@return string? arn
---@return string? name
function Exec:identity() end
--- How it has ended; nothing while it runs.
---@return "SUCCEEDED"|"FAILED"|"TIMED_OUT"|"ABORTED"? status
---@return passo.Value? output
---@return string? error
---@return string? cause
function Exec:ending() end
---@param task_token string
---@return integer? token
function Exec:find_token(task_token) end
---@return passo.Events
function Exec:take_events() end
--- Forgets the events since the last take: of runs whose history nobody will ask for.
function Exec:drop_events() end
--- Keeps the stages of input and output processing from now on.
function Exec:observe() end
---@return passo.Value? stages
function Exec:stages() end
---@param format? integer an older one, for those who may have to go back to an older passo
---@return string? snapshot nil, message, failure
---@return passo.Blob[]? blobs
function Exec:save(format) end
---@class passo.Blob a large value that left a birth, a record or a snapshot; each once an execution
---@field hash string 32 bytes: SHA-256 of the bytes
---@field bytes string

---@return string birth what core.exec was given: with its records the execution can be made again
---@return passo.Blob[]? blobs
function Exec:birth() end
--- From now on what the exec is given is kept, for take_record.
---@param options? {blob_bytes?: integer, format?: integer} values that print larger leave as blobs
---@return true? ok nil, message, failure
function Exec:record(options) end
--- What happened since the last record; nil when nothing did.
---@return string? record
---@return passo.Events? events
---@return passo.Blob[]? blobs
function Exec:take_record() end
--- Gives the exec a record's inputs again and compares the events that come of it; nothing is left to take.
---@param record string
---@param blobs? table<string, string>
---@param unchecked? boolean the stored events win, whatever comes out
---@return true? same nil, message, failure (EDIVERGED with `event`, `stored`, `computed`; EDAMAGED; EUNSUPPORTED)
function Exec:replay(record, blobs, unchecked) end
--- Every outstanding command is polled again with the stage it has reached, as after load.
function Exec:again() end
function Exec:close() end

---@class passo.Events: userdata
---@operator len: integer
local Events = {}
---@param i integer
---@return string
function Events:type(i) end
---@param i integer
---@return passo.Event
function Events:get(i) end
---@param i integer
---@return passo.Value
function Events:value(i) end
---@return fun(): integer, passo.Event
function Events:each() end

---@class passo.Event AWS's HistoryEvent
---@field id integer
---@field type string
---@field timestamp number
---@field previousEventId integer

---@class passo.Finding
---@field severity "ERROR"|"WARNING"
---@field code string
---@field message string
---@field location? string
---@field pointer? string
---@field path? string
---@field line? integer
---@field column? integer
---@field hint? string
---@field fix? table JSON patch

---@class passo.State
---@field id integer
---@field name string
---@field path string "/Outer/Inner"
---@field type string
---@field machine_name string
---@field resource? string
---@field service? string
---@field action? string
---@field verb? string
---@field pattern? "request"|"sync"|"token"
---@field family? "task"|"lambda"|"activity"
---@field function_name? string
---@field region? string
---@field distributed? boolean
---@field express_children? boolean
---@field label? string
---@field reader? {resource: string, config: table?, input: string?}
---@field writer? {resource: string?, config: table?}

---@class passo.Context what a handler is told
---@field execution {arn: string, name: string}
---@field state passo.State
---@field attempt integer 0 for the first try
---@field deadline_ms? integer
---@field idempotency_key string the same over retries and crashes
---@field task_token? string
---@field role_arn? string
---@field submitted any what an earlier `submit` gave, after a crash
---@field cancelled fun(): boolean
---@field heartbeat fun(): true?, string?, passo.Failure?
---@field submit fun(value: any): true?, string?, passo.Failure?

---@alias passo.Handler fun(input: any, ctx: passo.Context): any, string?, string?

---@class passo.LoadOptions
---@field set? table<string, any> what "${NAME}" stands for
---@field name? string
---@field machine? string which one of a SAM, CloudFormation or serverless.yml file
---@field format? "json"|"yaml"

---@class passo.RunOptions
---@field handlers? table<string, passo.Handler>
---@field clock? table passo.virtual_clock
---@field host? table
---@field seed? string|number with a virtual clock only
---@field name? string
---@field arn? string
---@field role_arn? string
---@field machine_arn? string
---@field profile? "aws-standard"|"aws-express"|"unlimited"
---@field history? boolean result.history
---@field journal? {append: fun(self, events: passo.Events, inputs: table): boolean?, string?}
---@field fallback? fun(state: passo.State): passo.Handler?
---@field aws? true|passo.aws.TasksOptions what no handler does is done by AWS
---@field logging? passo.LoggingConfiguration

---@class passo.aws.TasksOptions options of clients, and:
---@field region? string
---@field endpoint? string
---@field profile? string
---@field credentials? table
---@field machines? table<string, passo.Machine> nested executions run here, by ARN or by the last part of one
---@field poll? {first_s: number?, longest_s: number?} how soon and how seldom a job is asked after
---@field tells_attempts? boolean false: causes do not end with how often a call was sent
---@field routes? table<string, passo.aws.Route> who does a Task, by state, resource, action, service or "default"
---@field lenient_routes? boolean true: routes and limits may be about states that this machine does not have
---@field mocks? {file: string, case: string, machine: string?} a test case of a Step Functions Local mock file
---@field limits? table<string, passo.aws.Limit> by the same names as routes
---@field connections? string|table<string, passo.aws.ConnectionConfig> of http:invoke, or the path of a JSON file of them
---@field http? passo.aws.HttpOptions of http:invoke

---@alias passo.aws.Route boolean|passo.Handler|passo.aws.RouteTable|passo.aws.Mock|passo.aws.Mock[] true: AWS; false: nobody

---@class passo.aws.RouteTable options of clients (endpoint, region, credentials, ...), and:
---@field call? passo.Handler
---@field record? string path of a cassette
---@field fresh? boolean a new cassette instead of one that goes on
---@field scrub? string[] more names of members that hold secrets
---@field replay? string path of a cassette
---@field ignore? string[] names of members that are not compared

---@class passo.aws.Mock
---@field result? any
---@field error? string
---@field cause? string
---@field submitted? any of a job or a task token: what it was submitted as

---@class passo.aws.Limit
---@field max_in_flight? integer
---@field per_second? number
---@field burst? integer how many may begin at once; 1

---@class passo.aws.HttpOptions
---@field allow? string[] addresses, networks and hosts, each perhaps with :port, that are not reachable by everybody
---@field timeout_ms? number 60000
---@field redirects? integer how many are followed; 5
---@field proxy? string
---@field ca_bundle? string
---@field verify? boolean
---@field max_body? integer of a reply, in bytes; 262144
---@field send? function instead of passo.net.send

---@class passo.aws.ConnectionConfig as EventBridge's CreateConnection takes it; any text may be "env:NAME" or "file:PATH"
---@field AuthorizationType "API_KEY"|"BASIC"|"OAUTH_CLIENT_CREDENTIALS"|"NONE"
---@field AuthParameters? table

---@class passo.LoggingConfiguration as Step Functions has it, and where else records go
---@field level "ALL"|"ERROR"|"FATAL"|"OFF"
---@field includeExecutionData? boolean
---@field destinations? table[] {{cloudWatchLogsLogGroup = {logGroupArn = "...:*"}}}: written to with the run's `aws`
---@field sink? fun(records: passo.LogRecord[])|passo.LogWriter instead of CloudWatch Logs

---@class passo.LogWriter
---@field write fun(self, records: passo.LogRecord[])
---@field flush? fun(self): boolean?, string? called about every second and at the end

---@class passo.LogRecord
---@field id string
---@field type string
---@field details table
---@field previous_event_id string
---@field event_timestamp string milliseconds since 1970
---@field execution_arn string
---@field redrive_count string

---@class passo.Result
---@field status string
---@field output any
---@field value? passo.Value the exact output
---@field error? string
---@field cause? string
---@field arn string
---@field name string
---@field history? passo.Event[]
---@field log_problem? string the first thing that went wrong with its log

---@class passo.SagaStep
---@field [1] string name
---@field run passo.Handler|string
---@field compensate? passo.Handler|string
---@field retry? table
---@field timeout_seconds? number
---@field heartbeat_seconds? number
---@field parameters? table
---@field result_selector? table
---@field result_path? string
---@field compensate_parameters? table
---@field compensate_retry? table
---@field compensate_timeout_seconds? number
---@field comment? string

---@class passo.FlowState

-- passo.aws.core: integrations ---------------------------------------------------------------------

local aws_core = {}

--- What holds for all actions of an optimised service; nil for others.
---@return {model: string, prefix: string, sdk: 1|2, metadata: boolean}?
function aws_core.integration_service(name) end

--- The prefix of aws-sdk errors by a service's id: "DynamoDb" for "DynamoDB".
---@return string
function aws_core.integration_prefix(service_id) end

--- The parameters of an operation that a Task's arguments stand for.
---@param call table {service=, verb=, sync=, parsed=, execution_arn=, machine_arn=, name=}
---@return passo.Value? params nil, message, failure
function aws_core.integration_params(call, op, arguments) end

--- A Task's result: nil, error, cause where the reply is accepted and yet a failure.
---@return passo.Value? result
function aws_core.integration_result(call, op, arguments, result, status, headers) end

--- Error and cause of a refusal.
---@param failure passo.Failure of op:read
---@return string error
---@return string cause
function aws_core.integration_refused(call, op, failure, headers, attempts) end

--- Error and cause where nobody answered.
---@return string error
---@return string cause
function aws_core.integration_unreached(call, op, why) end

-- passo.net ----------------------------------------------------------------------------------------

local net_core, Port, Transfer = {}, {}, {}

--- A port of the I/O engine: "inline" is driven by port:step, "thread" by the process's I/O thread.
---@param mode "inline"|"thread"
---@return passo.net.Port? port nil, message, failure
function net_core.port(mode) end

--- Starts a transfer.
---@param method string
---@param url string
---@param headers? string lines "Name: value\r\n"
---@param body? string|integer|true the length of one that will be fed; true: not known yet
---@param options? passo.NetOptions
---@param proxy? string
---@param no_proxy? string
---@param allow? string exceptions from the filter, separated by commas; nil: no filter
---@return passo.net.Transfer? transfer nil, message, failure
---@return integer id
function Port:submit(method, url, headers, body, options, proxy, no_proxy, allow) end

--- A transfer that has news, and whether no more will come of it.
---@return integer? id
---@return boolean is_last
function Port:next() end

--- Inline: drives the transfers, waiting for at most `ms`; whether anything has news.
function Port:step(ms) end

--- Inline: whether anything is under way.
function Port:busy() end

--- Thread: a descriptor that is readable when there is news.
function Port:fd() end

--- Before the news are taken: later ones make the descriptor readable again.
function Port:ack() end

--- Thread: the path of a unix socket to connect to; a byte comes when there is news.
function Port:listen() end

--- Takes that connection.
function Port:accept() end

--- Makes the descriptor or the socket readable without news.
function Port:poke() end

--- False in a process that was forked later, and once it is closed.
function Port:ours() end

function Port:close() end

--- "done", status, headers, body, version; "failed", message, code; "body", piece; "wanted"; nothing.
function Transfer:take() end

--- More of the body; whether still more is wanted.
function Transfer:feed(piece) end

--- The body is whole.
function Transfer:finish() end

function Transfer:cancel() end

function Transfer:close() end

---@class passo.NetOptions
---@field timeout_ms? number for the whole exchange; 60000, none when something is streamed; 0: none
---@field connect_timeout_ms? number 5000
---@field idle_timeout_ms? number how long nothing may move; 60000 when something is streamed, else none
---@field length? integer of a body that comes in pieces
---@field sink? function|file* takes the reply's body in pieces
---@field max_body? integer of the reply, in bytes; 256 MiB without a sink
---@field ca_bundle? string a PEM file instead of the system's
---@field verify? boolean false: any certificate is taken
---@field http2? boolean false: HTTP/1.1 only
---@field proxy? string|false instead of the environment's
---@field no_proxy? string hosts that do without it
---@field filter? {deny_private: boolean, allow?: string[]} only addresses the whole Internet can reach, and these

-- -- passo.aws.core: requests, signing, endpoints, configuration files ----------------------------------

---@class passo.aws.Keys secrets live in C only and are overwritten by close() and by the collector
local Keys = {}

--- The access key's id; nil once closed.
---@return string?
function Keys:id() end

function Keys:close() end

---@class passo.aws.Request
local Request = {}

--- Says where a request that an operation wrote goes; once a request.
---@param scheme "https"|"http"
---@param host string with its port where that is not the scheme's own
---@param base_path? string put before the path
---@param use_host_prefix? boolean the operation's own goes before the host
---@param bucket_in_host? boolean the path's first segment leaves it
---@return true? nil, message, failure
function Request:target(scheme, host, base_path, use_host_prefix, bucket_in_host) end

--- A header's value; with a value it is set, with false taken out.
---@param name string
---@param value? string|false
---@return string?
function Request:header(name, value) end

---@return string
function Request:path() end

---@return string
function Request:query() end

--- The body's bytes; with bytes it is set.
---@param bytes? string
---@return string?
function Request:body(bytes) end

---@class passo.aws.SignOptions
---@field raw_path? boolean S3: the path is signed as it is
---@field keep_dots? boolean ".", ".." and "//" stay in the path that is signed
---@field hash_header? boolean adds x-amz-content-sha256
---@field late_token? boolean the session token is added after signing
---@field asymmetric? boolean SigV4a; the region is a set: "*" or "us-east-1,eu-west-1"
---@field unsigned_payload? boolean
---@field payload_hash? string SHA-256 of a body that is streamed, in hexadecimal digits
---@field unsigned_headers? string[]
---@field seconds? integer for `trace`: signs in the query

--- Adds date, token and Authorization; a request signed before is signed anew.
---@param keys passo.aws.Keys
---@param region string
---@param signing_name string
---@param now_ms integer of the server's clock
---@param options? passo.aws.SignOptions
---@return true? nil, message, failure
function Request:sign(keys, region, signing_name, now_ms, options) end

--- Signs in the query.
---@param seconds integer how long the URL is good for, 1 to 604800
---@return string? url nil, message, failure
function Request:presign(keys, region, signing_name, now_ms, seconds, options) end

--- As sign, and tells the stages.
---@return {canonical_request: string, string_to_sign: string, signature: string, authorization?: string}?
function Request:trace(keys, region, signing_name, now_ms, options) end

--- What passo.net takes.
---@return string? method nil, message, failure
---@return string url
---@return string headers lines
---@return string? body
function Request:parts() end

---@class passo.aws.Wishes
---@field region? string may be absent for global services
---@field url? string an endpoint of the caller's own
---@field bucket? string S3: goes into the host where it can
---@field signing_name? string
---@field fips? boolean
---@field dual_stack? boolean
---@field path_style? boolean S3: the bucket stays in the path
---@field virtual_host? boolean S3: the bucket goes into the host of `url`, too
---@field accelerate? boolean S3

---@class passo.aws.Endpoint
---@field scheme string
---@field host string
---@field base_path string
---@field region string to sign for
---@field signing_name string to sign with
---@field bucket_in_host boolean

---@class passo.aws.IniSection
---@field name string
---@field at integer its line
---@field values table<string, string>
---@field nested table<string, table<string, string>> indented blocks

---@param region string
---@return {name: string, dns_suffix: string, dual_stack_dns_suffix: string, global_region: string}
function aws_core.partition(region) end

--- Where a service is; `facts` are a model's.
---@param facts {endpoint_prefix: string, signing_name?: string}
---@param wishes passo.aws.Wishes
---@return passo.aws.Endpoint? endpoint nil, message, failure
function aws_core.endpoint(facts, wishes) end

--- The AWS CLI's configuration and credentials files.
---@param text string
---@return passo.aws.IniSection[]? sections nil, message, failure with its line; no message quotes the file
function aws_core.ini(text) end

--- A request of one's own; operations write theirs.
---@param method string
---@param url string
---@param headers? table<string, string|string[]>
---@param body? string
---@return passo.aws.Request? request nil, message, failure
function aws_core.request(method, url, headers, body) end

---@param id string
---@param secret string
---@param token? string
---@return passo.aws.Keys
function aws_core.keys(id, secret, token) end

--- A digest in base 64, as headers carry it.
---@param algorithm "CRC32"|"CRC32C"|"SHA1"|"SHA256"|"MD5"
---@param bytes string
---@return string
function aws_core.checksum(algorithm, bytes) end

---@param bytes string
---@return string
function aws_core.base64(bytes) end

--- A service's model, of the text of its file.
---@param text string
---@return passo.aws.Model? model nil, message, failure
function aws_core.model(text) end

-- passo.aws.core: models and operations ----------------------------------------------------------

---@class passo.aws.ModelFacts
---@field service_id string "DynamoDB"
---@field endpoint_prefix string
---@field signing_name string
---@field protocol "json"|"query"|"ec2"|"rest-json"|"rest-xml"|"smithy-rpc-v2-cbor"
---@field api_version string
---@field signature? string signatureVersion: "v4", "s3", "bearer"
---@field global_endpoint? string
---@field is_s3? true

---@class passo.aws.OperationFacts what is false or empty is left out
---@field name string
---@field method string
---@field uri string
---@field host_prefix? string
---@field anonymous? true not signed
---@field bearer? true
---@field unsigned_body? true
---@field checksum_required? true
---@field checksum_algorithm? string the member that chooses one
---@field checksum_mode? string the member that asks the reply for its checksum
---@field streaming_input? string the member whose bytes may come from elsewhere
---@field streaming_output? string
---@field payload_input? string the member that is the whole body
---@field payload_output? string
---@field event_stream? true
---@field idempotency? string[] members that want a token
---@field errors string[]

---@class passo.aws.Failure: passo.Failure
---@field status integer of the reply
---@field request_id string
---@field sender_fault boolean
---@field name? string of the exception in the model
---@field fields table members of the exception
---@field retryable? true the model says so
---@field throttling? true

---@class passo.aws.Model
local Model = {}

---@return passo.aws.ModelFacts
function Model:facts() end

---@param name string "GetItem"
---@return passo.aws.Operation? operation the same object each time
function Model:operation(name) end

---@return string[] names sorted
function Model:operations() end

--- How an operation's pages follow each other, in botocore's words; expressions are JMESPath.
---@param name string of the operation
---@return {input_token: string|string[], output_token: string|string[], result_key: string|string[]}?
function Model:paginator(name) end

---@param name string "BucketExists"
---@return {operation: string, delay: integer, attempts: integer, acceptors: table[]}?
function Model:waiter(name) end

---@return string[] names sorted
function Model:waiters() end

---@class passo.aws.Operation
local Operation = {}

---@return passo.aws.OperationFacts
function Operation:facts() end

--- What the operation takes or gives, sorted by name; `of` is the kind of a list's elements.
---@param which "input"|"output"
---@return {name: string, kind: string, of?: string, required?: true}[]
function Operation:members(which) end

--- Writes a call. A table is read by the input's shape: {} is a list or a map as it says, blobs are strings of any bytes,
--- instants are seconds since 1970 or ISO 8601 text.
---@param params? table|passo.Value
---@param options? {idempotency_token?: string, streamed?: boolean}
---@return passo.aws.Request? request nil, message that names the path, failure
function Operation:write(params, options) end

--- Reads a reply, and finds out whether it is a refusal.
---@param status integer
---@param headers? string lines "Name: value\r\n"
---@param body? string
---@param options? {streamed?: boolean, value?: boolean} value: a passo.Value in place of a table
---@return table|passo.Value? result nil, message, passo.aws.Failure
function Operation:read(status, headers, body, options) end

-- passo.aws: clients -----------------------------------------------------------------------------------

---@class passo.aws.ClientOptions what is not given is found as the AWS CLI finds it
---@field region? string
---@field credentials? table|"anonymous" a provider of passo.aws.credentials, or {access_key_id=, secret_access_key=, session_token=}
---@field profile? string
---@field endpoint? string a URL instead of AWS's own
---@field retries? {mode: "standard"|"none", attempts: integer}
---@field fips? boolean
---@field dual_stack? boolean
---@field path_style? boolean S3: true keeps buckets in the path; false puts them into the host of `endpoint`, too
---@field accelerate? boolean S3
---@field use_arn_region? boolean S3: false refuses access points of other regions
---@field host_prefix? boolean whether an operation's prefix goes before the host; not before an `endpoint` that is not AWS's
---@field timeout_ms? integer for an attempt
---@field connect_timeout_ms? integer
---@field idle_timeout_ms? integer
---@field ca_bundle? string
---@field proxy? string|false
---@field no_proxy? string
---@field verify? boolean
---@field http2? boolean
---@field filter? table as passo.net takes it
---@field max_body? integer bytes of a reply
---@field bearer_token? string|fun(): string? for operations that want one
---@field config_file? string
---@field credentials_file? string
---@field env? table<string, string> instead of the process's environment
---@field now_ms? fun(): integer
---@field sleep? fun(seconds: number): boolean? between attempts
---@field random? fun(): number 0 <= n < 1
---@field send? function instead of passo.net.send

---@class passo.aws.CallOptions
---@field sink? function|file* takes the reply's streaming member in pieces; the result is without it
---@field length? integer of a body that a function gives
---@field headers? table<string, string> sent and signed besides the operation's own
---@field idempotency_token? string instead of a random one
---@field value? boolean the result is a passo.value
---@field exact? boolean parameters are sent as they are, without what makes S3's and others' handier
---@field timeout_ms? integer
---@field connect_timeout_ms? integer
---@field idle_timeout_ms? integer
---@field max_body? integer
---@field bearer_token? string

---@class passo.aws.Client operations are methods: client:get_item{...}, client:GetItem{...}
---@field region string
---@field call fun(self, name: string, params?: table|passo.Value, options?: passo.aws.CallOptions): any, string?, passo.Failure?, integer?, string?
---@field has fun(self, name: string): boolean
---@field pages fun(self, name: string, params?: table, options?: passo.aws.CallOptions): passo.aws.Pages
---@field items fun(self, name: string, params?: table, options?: passo.aws.CallOptions): passo.aws.Pages
---@field wait_until fun(self, name: string, params?: table, options?: {delay_s: number, attempts: integer, call: passo.aws.CallOptions}): any, string?, passo.Failure?
---@field presign fun(self, name: string, params?: table, seconds?: integer, options?: passo.aws.CallOptions): string?, table|string, string|passo.Failure|nil, string?
---@field uuid fun(): string

---@class passo.aws.Pages in a `for` it raises failures, `next` tells them
---@field next fun(self): any, string?, passo.Failure?

---@class passo.SqliteCore require "passo.sqlite.core"; passo.postgres.core has `open`, too
---@class passo.StorePort a store's end in C: lua/passo/store/port.lua waits for its answers
local sqlite_core, StorePort = {}, {}

--- Opens nothing yet: a session is opened by its first work.
---@param target string
---@param options? {relaxed: boolean?, wait_ms: integer?}
---@return passo.StorePort
function sqlite_core.open(target, options) end

---@return string
function sqlite_core.version() end
---The name SQLite knows a file by: from the root, behind symbolic links
---@param path string
---@return string? path
function sqlite_core.whole_path(path) end

---@param sql string
---@param kinds? string one letter a parameter: i, r, t, b
---@param flags? {rows: boolean?, expect: integer?}
---@return integer id
function StorePort:prepare(sql, kinds, flags) end

---@param unit table {id, parameters, id, parameters ...}
---@param key? integer
---@param rows_only? boolean nobody asks how many rows were changed: results has the statements that give rows, or is true
---@return integer ticket
function StorePort:submit(unit, key, rows_only) end

---@param unit table
---@return integer ticket
function StorePort:read(unit) end

---@param number integer
---@return integer ticket its answer: 1, or 0 when somebody else holds it
function StorePort:hold(number) end

---@param number integer
---@return integer ticket
function StorePort:let_go(number) end

---@param number integer
---@return integer ticket its answer: 1 when anybody holds it, else 0
function StorePort:held(number) end

---@param number integer
---@return integer ticket
function StorePort:listen(number) end

---@param number integer
---@return integer ticket
function StorePort:ring(number) end

---@return integer ticket its answer: the database's milliseconds since 1970
function StorePort:now() end

--- The oldest answer: ticket, results | ticket, nil, message, failure | 0, number (a ring) | nothing.
---@return integer? ticket
---@return table|integer|nil results
---@return string? message
---@return passo.Failure? failure
function StorePort:take() end

--- Has the threads do what is queued.
function StorePort:kick() end

--- Does what is queued, as far as nobody else is at it; then waits for an answer or for a descriptor.
---@param ms number
---@param ... integer descriptors
---@return boolean has_answers
function StorePort:step(ms, ...) end

---@return boolean
function StorePort:busy() end

---@return integer? descriptor readable when there are answers
---@return string? message
---@return passo.Failure? failure
function StorePort:fd() end

function StorePort:ack() end

function StorePort:poke() end

---@return string? path a unix socket to connect to
---@return string? message
---@return passo.Failure? failure
function StorePort:signal() end

---@return boolean
function StorePort:accept() end

---@return boolean
function StorePort:ours() end

--- Does what is queued first; the answers may still be taken.
function StorePort:close() end

return { core = core, jsonata = Jsonata, value = Value, number = Number, machine = CoreMachine, exec = Exec, events = Events,
  net_core = net_core, port = Port, transfer = Transfer, aws_core = aws_core, sqlite_core = sqlite_core, store_port = StorePort,
  request = Request, keys = Keys, aws_model = Model, aws_operation = Operation }

-- passo.engine -----------------------------------------------------------------------------------------

---@class passo.EngineOptions of passo.engine
---@field store string|table "sqlite:FILE", "postgres://...", "memory:", or a store of one's own (lua/passo/store/init.lua)
---@field handlers? table<string, passo.Handler> who does tasks, as machine:run takes them
---@field aws? true|passo.aws.TasksOptions what no handler does is done by AWS
---@field logging? passo.LoggingConfiguration
---@field host? table
---@field clock? table passo.virtual_clock
---@field name? string what other processes call this one
---@field region? string in ARNs; us-east-1
---@field account? string in ARNs; 123456789012
---@field role_arn? string of executions whose machine has none
---@field profile? "aws-standard"|"unlimited" of executions
---@field max_running? integer executions in this process's memory at once; 1000. 0: it asks and tells, and runs nothing
---@field lease_seconds? number after so long without a sign of it others take over; 10
---@field poll_seconds? number how often the store is asked, bell or no bell; 1
---@field retention_days? number how long ended executions are kept; 90, math.huge: for ever
---@field lost_tasks? "retry"|"fail"|table<string, "retry"|"fail"> by state, resource, function name, or `default`: what becomes of a task whose worker died; "retry"
---@field limits? passo.EngineLimits
---@field on_trouble? fun(message: string?, failure: passo.Failure?) the store cannot be used; nil: it can again

---@class passo.EngineAnswer: table members as AWS names them, instants in seconds since 1970

--- Verbs answer AWS's members, or nil, message, failure; failure.code is AWS's name of the exception, or E...: the
--- store's. Each takes AWS's request as one table (JSON as text), most a short form, too (any value).
---@class passo.Engine
---@field create_state_machine fun(self, name: string|table, definition?: passo.Machine|string|table, options?: table): passo.EngineAnswer?, string?, passo.Failure? options: type, roleArn, tags, publish, ...; update = true: another definition becomes the next revision
---@field update_state_machine fun(self, machine: string|table, definition?: passo.Machine|string|table, options?: table): passo.EngineAnswer?, string?, passo.Failure?
---@field describe_state_machine fun(self, machine: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field list_state_machines fun(self, request?: table): passo.EngineAnswer?, string?, passo.Failure?
---@field delete_state_machine fun(self, machine: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field validate_state_machine_definition fun(self, definition: passo.Machine|string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field publish_state_machine_version fun(self, machine: string|table, description?: string): passo.EngineAnswer?, string?, passo.Failure?
---@field list_state_machine_versions fun(self, machine: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field delete_state_machine_version fun(self, version: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field create_state_machine_alias fun(self, request: table): passo.EngineAnswer?, string?, passo.Failure? name, description, routingConfiguration = {{stateMachineVersionArn=, weight=}, ...}
---@field update_state_machine_alias fun(self, request: table): passo.EngineAnswer?, string?, passo.Failure?
---@field describe_state_machine_alias fun(self, alias: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field list_state_machine_aliases fun(self, machine: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field delete_state_machine_alias fun(self, alias: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field tag_resource fun(self, request: {resourceArn: string, tags: {key: string, value: string}[]}): passo.EngineAnswer?, string?, passo.Failure?
---@field untag_resource fun(self, request: {resourceArn: string, tagKeys: string[]}): passo.EngineAnswer?, string?, passo.Failure?
---@field list_tags_for_resource fun(self, arn: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field start_execution fun(self, machine: string|table, input?: any, options?: {name: string?, traceHeader: string?}): {executionArn: string, startDate: number}?, string?, passo.Failure?
---@field start_sync_execution fun(self, machine: string|table, input?: any, options?: {name: string?, traceHeader: string?, includedData: string?}): passo.EngineAnswer?, string?, passo.Failure?
---@field await fun(self, execution: string|table, options?: {timeout_seconds: number?}): passo.EngineResult?, string?, passo.Failure? ETIMEOUT: it has not ended yet
---@field describe_execution fun(self, arn: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field describe_state_machine_for_execution fun(self, arn: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field list_executions fun(self, machine: string|table, options?: {statusFilter: string?, maxResults: integer?, nextToken: string?}): {executions: table[], nextToken: string?}?, string?, passo.Failure?
---@field get_execution_history fun(self, arn: string|table, options?: {maxResults: integer?, nextToken: string?, reverseOrder: boolean?, includeExecutionData: boolean?}): {events: passo.Event[], nextToken: string?}?, string?, passo.Failure?
---@field stop_execution fun(self, arn: string|table, error?: string, cause?: string): {stopDate: number}?, string?, passo.Failure?
---@field redrive_execution fun(self, arn: string|table): {redriveDate: number}?, string?, passo.Failure?
---@field release_execution fun(self, arn: string): true?, string?, passo.Failure? lets one go on that was set aside
---@field doctor fun(self, arn: string): passo.DoctorReport?, string?, passo.Failure?
---@field send_task_success fun(self, token: string|table, output?: any): table?, string?, passo.Failure?
---@field send_task_failure fun(self, token: string|table, error?: string, cause?: string): table?, string?, passo.Failure?
---@field send_task_heartbeat fun(self, token: string|table): table?, string?, passo.Failure?
---@field create_activity fun(self, name: string|table): {activityArn: string, creationDate: number}?, string?, passo.Failure?
---@field describe_activity fun(self, activity: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field list_activities fun(self, request?: table): passo.EngineAnswer?, string?, passo.Failure?
---@field delete_activity fun(self, activity: string|table): table?, string?, passo.Failure?
---@field get_activity_task fun(self, activity: string|table, options?: {worker_name: string?, timeout_seconds: number?}): {taskToken: string?, input: string?}?, string?, passo.Failure?
---@field describe_map_run fun(self, arn: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field list_map_runs fun(self, arn: string|table): passo.EngineAnswer?, string?, passo.Failure?
---@field update_map_run fun(self, arn: string|table, limits?: {maxConcurrency: integer?, toleratedFailureCount: integer?, toleratedFailurePercentage: number?}): table?, string?, passo.Failure?
---@field schedule fun(self, name: string, expression: string, machine: string, options?: passo.ScheduleOptions): passo.EngineAnswer?, string?, passo.Failure?
---@field unschedule fun(self, name: string): table?, string?, passo.Failure?
---@field describe_schedule fun(self, name: string): passo.EngineAnswer?, string?, passo.Failure?
---@field list_schedules fun(self, request?: table): passo.EngineAnswer?, string?, passo.Failure?
---@field add_handlers fun(self, handlers: table<string, passo.Handler>) what was parked for want of them goes on
---@field upgrade fun(self): {format: integer, before: integer}?, string?, passo.Failure? from now on the store is written in the newest format
---@field run fun(self) serves until close is called
---@field close fun(self, grace_seconds?: number): true?, string?, passo.Failure? hands everything over

---@class passo.EngineResult
---@field executionArn string
---@field arn string the same
---@field name string
---@field status "SUCCEEDED"|"FAILED"|"TIMED_OUT"|"ABORTED"
---@field output any
---@field value? passo.Value the exact output
---@field error? string
---@field cause? string

---@class passo.DoctorReport
---@field executionArn string
---@field status string
---@field healthy boolean
---@field records integer
---@field events integer
---@field behaviours table<integer, integer> records by the behaviour they were written with
---@field findings string[]
---@field firstDifference? {event: integer, stored: any, computed: any}
---@field quarantine? string why it was set aside

---@class passo.ScheduleOptions of engine:schedule
---@field input? any what its executions begin with; {} without
---@field timezone? string IANA name of the wall clock that cron(...) and at(...) mean; UTC
---@field start? string|number ISO 8601, or milliseconds since 1970: not before
---@field ending? string|number not after
---@field enabled? boolean false: it sleeps

---@class passo.EngineLimits of passo.engine; the service's quotas may be set otherwise, and do not hold under "unlimited"
---@field machines? table<string, integer> executions of a machine that are under way in this process at once
---@field handlers? table<string, integer> tasks of a handler that are
---@field definition_bytes? integer 1 MiB
---@field input_bytes? integer 256 KiB
---@field open_executions? integer 1,000,000 over the whole store; beyond: ExecutionLimitExceeded
---@field state_machines? integer 100,000
---@field versions? integer of a machine; 1,000
---@field aliases? integer of a machine; 100
---@field tags? integer of a resource; 50
---@field redrive_events? integer one with so many events cannot be redriven; 24,999
---@field redrive_days? integer nor one that ended so long ago; 14
---@field execution_days? integer nor one that began so long ago; 365
