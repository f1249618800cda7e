--- The examples' definitions, with inputs that lead far into them and what their tasks answer: JSON text, or "!" and
--- the name of an error; a list has an answer for each attempt, and then the last one. What is not here answers {}.
local KEYS = '{"KeyCount":2,"IsTruncated":%s,"Contents":[{"Key":"orders/1"},{"Key":"orders/2"}]%s}'
local PAGE, LAST_PAGE = KEYS:format("true", ',"NextContinuationToken":"next"'), KEYS:format("false", "")

local CHECKOUT_INPUT = '{"order":"A-1","isbn":"1","book":"1","card":"visa","address":"here","email":"a@b.example",'
  .. '"price":10,"customer":"c","tables":{"orders":"o","books":"b","audit":"a"},"queue":"q","topic":"t",'
  .. '"ship_within_seconds":60}'

local ETL_INPUT = '{"crawler":"c","poll_seconds":30,"job":"j","bucket":"b","topic":"t"}'

return {
  { "approval/approval.asl.json", '{"item":"desk","price":950}', { AskManager = '{"by":"me"}',
    Buy = '{"bought":true}' } },
  { "approval/approval.asl.json", '{"item":"desk","price":950}', { AskManager = "!Refused" } },
  { "checkout/checkout.asl.json", CHECKOUT_INPUT, {
    ReserveBook = { "!WarehouseBusy", "!WarehouseBusy", '{"title":"Lua"}' }, ChargeCard = '{"charged":10}',
    ShipBook = '{"tracking":"1"}' } },
  { "checkout/checkout.asl.json", CHECKOUT_INPUT, { ReserveBook = '{"title":"Lua"}',
    ShipBook = "!CarrierUnavailable",
    RefundCard = { "!Busy", "{}" } } },
  { "checkout/checkout-aws.asl.json", CHECKOUT_INPUT, { ShipBook = '{"tracking":"1"}' } },
  { "checkout/checkout-aws.asl.json", CHECKOUT_INPUT, { ShipBook = "!Lost", NotifyFailure = "{}" } },
  { "choice/tickets.asl.json", '{"severity":1,"subject":"smoke"}', {
    LogArrival = '{"severity":1,"subject":"smoke"}' } },
  { "etl/nightly.asl.json", ETL_INPUT, {
    ["Get crawler"] = '{"Crawler":{"State":"READY","LastCrawl":{"Status":"SUCCEEDED"}}}',
    ["Run job"] = { "!Glue.ConcurrentRunsExceededException", '{"Id":"jr","JobRunState":"SUCCEEDED"}' } } },
  { "nginx/quote.asl.json", '{"items":[{"sku":"a"},{"sku":"b"},{"sku":"c"}]}', {
    ["Price item"] = '{"cents":5000}', ["Add up"] = '{"cents":15000,"discount":0}',
    Discount = '{"cents":13500,"discount":1500}' } },
  { "nightly/report.asl.json", '{"day":"2026-01-01"}', { Gather = "[1,2]", Send = '{"sent":true}' } },
  { "pool/thumbnail.asl.json", '{"picture":"a.png"}', { Shrink = '{"bytes":10}' } },
  { "s3-copy/copy.asl.json", '{"source":"a","target":"b","page_size":2}', {
    ["Check bucket"] = LAST_PAGE, ["List first page"] = PAGE,
    ["List next page"] = LAST_PAGE,
    ["Copy object"] = { "!S3.SlowDown", '{"CopyObjectResult":{"ETag":"e"}}' } } },
  { "s3-copy/pages.asl.json", '{"source":"a","target":"b","page_size":2}', {
    ["List first page"] = PAGE, ["List next page"] = LAST_PAGE,
    ["Copy object"] = { "!S3.SlowDownException", '{"CopyObjectResult":{"ETag":"e"}}' } } },
  { "s3-copy/reduce.asl.json", '{"source":"a","results":"r","table":"t"}', {
    ["Read batch"] = { "!Lua.Error", '{"n":1}' } },
    { { bucket = "a", key = "orders/1", body = "1" }, { bucket = "a", key = "orders/2", body = "2" } } },
  { "two-apis/price.asl.json", '{"products":"http://p","customers":"http://c","product":"7","price":5,'
    .. '"connections":{"products":"p","customers":"c"}}', {
    ChangePrice = '{"ResponseBody":{"price":5,"was":7,"name":"x"}}',
    WhoFollows = '{"ResponseBody":{"customers":["1","2","3"]}}',
    Tell = { "!States.Http.StatusCode.503", '{"StatusCode":202}' } } },
}
