"""Endpoints by botocore's own rules, one JSON object a line.

endpoints.py REGION... -> first {"botocore": version}, then for every service, region, and with and
without FIPS and dual stack: {"service", "prefix", "signing", "region", "fips", "dual"} and
{"host", "sign_region", "sign_name", "v4a"} or {"error"}; and S3's with buckets: {"wishes", ...}.
"""
import json
import sys

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider

BUCKETS = ["plain-bucket", "with.dots", "ab", "Upper", "under_score", "192.168.1.1", "a..b", "-a-b", "x" * 63]
S3_WISHES = [{}, {"path_style": True}, {"accelerate": True}, {"dual_stack": True}, {"fips": True},
             {"accelerate": True, "dual_stack": True}, {"url": "http://localhost:9000/base", "virtual_host": True},
             {"url": "https://s3.example.com"}]


def say(line):
    print(json.dumps(line))


def answer(provider, wishes):
    try:
        found = provider.resolve_endpoint(**wishes)
    except Exception as error:  # the rules' own words
        return {"error": str(error)}
    scheme = (found.properties.get("authSchemes") or [{}])[0]
    return {"url": found.url, "sign_region": scheme.get("signingRegion"), "sign_name": scheme.get("signingName"),
            "v4a": scheme.get("name") == "sigv4a"}


def context_of(model):
    """What the operations of a service tell its rules, by the first that tells anything."""
    for name in model.operation_names:
        told = model.operation_model(name).static_context_parameters
        if told:
            return {parameter.name: parameter.value for parameter in told}
    return {}


def services(session, partitions, regions):
    for service in session.get_available_services():
        model = session.get_service_model(service)
        rules = session.get_component("data_loader").load_service_model(service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        known = rules["parameters"]
        context = {key: value for key, value in context_of(model).items() if key in known}
        for region in regions:
            for fips in (False, True):
                for dual in (False, True):
                    wishes = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
                    wishes = {key: value for key, value in wishes.items() if key in known}
                    found = answer(provider, wishes)
                    if "required parameter" in found.get("error", ""):
                        found = answer(provider, {**wishes, **context})
                    say({"service": service, "prefix": model.endpoint_prefix, "signing": model.signing_name,
                         "region": region, "fips": fips, "dual": dual, **found})


def buckets(session, partitions, regions):
    rules = session.get_component("data_loader").load_service_model("s3", "endpoint-rule-set-1")
    provider = EndpointProvider(rules, partitions)
    for region in regions:
        for bucket in BUCKETS:
            for wishes in S3_WISHES:
                # Rules refuse what clients of botocore never ask for: they say path style by themselves.
                path = wishes.get("path_style", "url" in wishes and not wishes.get("virtual_host"))
                say({"wishes": {"region": region, "bucket": bucket, **wishes}, **answer(provider, {
                    "Region": region, "Bucket": bucket, "ForcePathStyle": path,
                    "UseFIPS": wishes.get("fips", False), "UseDualStack": wishes.get("dual_stack", False),
                    "Accelerate": wishes.get("accelerate", False),
                    **({"Endpoint": wishes["url"]} if "url" in wishes else {})})})


def main():
    session = botocore.session.get_session()
    partitions = session.get_component("data_loader").load_data("partitions")
    say({"botocore": botocore.__version__})
    services(session, partitions, sys.argv[1:])
    buckets(session, partitions, ["us-west-2", "cn-north-1"])


main()
