# job.py: the Glue job (Python shell): CSV files below data/ become JSON lines below out/.
import csv
import io
import json
import sys

import boto3

bucket = sys.argv[sys.argv.index("--bucket") + 1]
s3 = boto3.client("s3")
for entry in s3.list_objects_v2(Bucket=bucket, Prefix="data/").get("Contents", []):
    text = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode("utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in csv.DictReader(io.StringIO(text))]
    name = entry["Key"][len("data/"):-len(".csv")]
    s3.put_object(Bucket=bucket, Key=f"out/{name}.jsonl", Body="".join(lines).encode("utf-8"))
