"""peer.py URL COUNT: boto3; prints "name calls seconds cpu-seconds" for each workload."""
import sys
import time

import boto3
from botocore.config import Config

url, count = sys.argv[1], int(sys.argv[2])
session = boto3.session.Session(aws_access_key_id="AKIDBENCH", aws_secret_access_key="secret", region_name="us-east-1")
db = session.client("dynamodb", endpoint_url=url)
s3 = session.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}))


def get_item():
    assert db.get_item(TableName="bench", Key={"id": {"S": "1"}})["Item"]["id"]["S"] == "1"


def get_object():
    assert len(s3.get_object(Bucket="bench", Key="object")["Body"].read()) == 4096


for name, call in (("GetItem", get_item), ("GetObject", get_object)):
    for _ in range(100):
        call()
    cpu, before = time.process_time(), time.perf_counter()
    for _ in range(count):
        call()
    print(name, count, time.perf_counter() - before, time.process_time() - cpu)
