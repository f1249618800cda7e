// peer.mjs URL COUNT -- the JavaScript SDK v3; prints "name calls seconds cpu-seconds" for each workload.
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [url, count] = [process.argv[2], Number(process.argv[3])];
const options = {
  endpoint: url,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDBENCH", secretAccessKey: "secret" },
  forcePathStyle: true,
};
const db = new DynamoDBClient(options);
const s3 = new S3Client(options);
const workloads = {
  async GetItem() {
    const got = await db.send(new GetItemCommand({ TableName: "bench", Key: { id: { S: "1" } } }));
    if (got.Item.id.S !== "1") throw new Error("GetItem");
  },
  async GetObject() {
    const got = await s3.send(new GetObjectCommand({ Bucket: "bench", Key: "object" }));
    if ((await got.Body.transformToByteArray()).length !== 4096) throw new Error("GetObject");
  },
};
for (const [name, call] of Object.entries(workloads)) {
  for (let i = 0; i < 300; i++) await call();
  const cpu = process.cpuUsage();
  const before = process.hrtime.bigint();
  for (let i = 0; i < count; i++) await call();
  const used = process.cpuUsage(cpu);
  console.log(name, count, Number(process.hrtime.bigint() - before) / 1e9, (used.user + used.system) / 1e6);
}
process.exit(0);
