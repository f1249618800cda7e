/* endpoint_table.c -- partitions, and the services whose hosts differ from the common pattern.
 *
 * Facts of botocore 1.44.5's rules, worked out for every region;
 * spec/endpoint_spec.lua compares them with an installed botocore and names what has changed. */
#include "aws/endpoint_table.h"

const ps_str ps_endpoint_common_rule = {"{p}{f}.{r}.{s}", 14};

/* -- partitions
 * ------------------------------------------------------------------------------------ */

typedef struct partition_row {
    ps_partition partition;
    ps_str prefix; /* of its regions */
} partition_row;

#define ROW(prefix, name, tag, suffix, dual, region)                                               \
    {                                                                                              \
        {{name, sizeof name - 1},                                                                  \
         {tag, sizeof tag - 1},                                                                    \
         {suffix, sizeof suffix - 1},                                                              \
         {dual, sizeof dual - 1},                                                                  \
         {region, sizeof region - 1}},                                                             \
        {                                                                                          \
            prefix, sizeof prefix - 1                                                              \
        }                                                                                          \
    }

static const partition_row partitions[] = {
    ROW("cn-", "aws-cn", "cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
        "cn-northwest-1"),
    ROW("us-gov-", "aws-us-gov", "gov", "amazonaws.com", "api.aws", "us-gov-west-1"),
    ROW("eusc-", "aws-eusc", "eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"),
    ROW("us-iso-", "aws-iso", "iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"),
    ROW("us-isob-", "aws-iso-b", "isob", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"),
    ROW("eu-isoe-", "aws-iso-e", "isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
        "eu-isoe-west-1"),
    ROW("us-isof-", "aws-iso-f", "isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"),
    /* What is unknown is a region that AWS will open. */
    ROW("", "aws", "aws", "amazonaws.com", "api.aws", "us-east-1"),
};

/* "aws-cn-global" is how some name a partition as a whole. */
static bool is_whole(ps_str region, ps_str name)
{
    return ps_str_starts(region, name) &&
           ps_str_equal((ps_str){region.p + name.len, region.len - name.len}, PS_STR("-global"));
}

const ps_partition *ps_partition_of(ps_str region, bool *whole)
{
    size_t count = sizeof partitions / sizeof *partitions;
    for (size_t i = 0; i < count; i++) {
        if (is_whole(region, partitions[i].partition.name)) {
            *whole = true;
            return &partitions[i].partition;
        }
    }
    *whole = false;
    size_t i = 0;
    while (!ps_str_starts(region, partitions[i].prefix)) {
        i++;
    }
    return &partitions[i].partition;
}

/* -- services
 * -------------------------------------------------------------------------------------- */

static const ps_endpoint_rules table[] = {
    {"access-analyzer acm acm-pca appconfig appconfigdata application-autoscaling autoscaling "
     "autoscaling-plans cassandra clouddirectory cloudformation cloudtrail config connect dlm "
     "dynamodb ec2 elasticache elasticbeanstalk elasticloadbalancing elasticmapreduce "
     "emr-containers fis glacier greengrass guardduty identitystore imagebuilder kinesis logs "
     "oidc outposts participant.connect portal.sso ram rds redshift resource-groups "
     "route53resolver serverlessrepo servicecatalog-appregistry servicequotas sns sqs sso sts",
     "-dual gov: {p}.{r}.{d}"},
    {"account-access account-access-runtime aidevops airflow-serverless "
     "api.iotmanagedintegrations application-signals arc-region-switch backup-search "
     "cassandra-streams cloudwatch-omni continuum datazone discovery-marketplace dsql eks-auth "
     "gameliftstreams health-agent interconnect job-runtime.sagemaker kendra-ranking mpa "
     "network-security-manager networkflowmonitor notifications partnercentral-account "
     "partnercentral-benefits partnercentral-selling qbusiness route53globalresolver s3files "
     "s3vectors security-ir securityagent supportauthz training-session-runtime.sagemaker uxc "
     "workspaces-instances",
     "{p}{f}.{r}.{D}"},
    {"bcm-dashboards bcm-pricing-calculator bcm-recommended-actions invoicing "
     "notifications-contacts",
     "{p}{f}.{g}.{D} @{g}"},
    {"account artifact tax", "{p}{f}.{g}.{s} @{g}"},
    {"events kafkaconnect monitoring", "gov: {p}.{r}.{s}"},
    {"agent-registry agent-registry-control", "{p}.{r}.api.aws"},
    {"billingconductor chime", "-fips -dual aws: {p}.{g}.{d} @{g}"},
    {"cognito-identity cognito-idp",
     "us-west-2: {p}{f}.{r}.{d}; us-west-1: {p}{f}.{r}.{d}; us-east-2: {p}{f}.{r}.{d}; "
     "us-east-1: {p}{f}.{r}.{d}; -fips aws: {p}.{r}.{d}"},
    {"partnercentral-channel partnercentral-prm",
     "gov: {p}{f}.us-gov.{D} v4a; {p}{f}.global.{D} v4a"},
    {"s3 s3-control", "dual: {p}{f}.dualstack.{r}.{d}"},
    {"api.detective", "dual aws|gov: detective{f}.{r}.{D}"},
    {"api.ecr", "dual: ecr{f}.{r}.{D}"},
    {"api.ecr-public", "-fips dual aws: ecr-public.{r}.{D}"},
    {"api.mediatailor", "-fips dual aws: mediatailor.{r}.{D}"},
    {"api.sagemaker", "-dual aws|gov: api{f}.sagemaker.{r}.{s}"},
    {"api.tunneling.iot", "dual aws|cn|gov: api.iot-tunneling{f}.{r}.{D}"},
    {"batch", "-dual gov: {p}.{r}.{d}; fips -dual aws: fips.batch.{r}.{s}"},
    {"bcm-data-exports",
     "-fips isof: {p}.{g}.{d} @{g}; -fips isoe: {p}.{g}.{d} @{g}; -fips isob: {p}.{g}.{d} @{g}; "
     "-fips iso: {p}.{g}.{d} @{g}; {p}{f}.{g}.{D} @{g}"},
    {"billing", "-fips aws: {p}.{g}.{D} @{g}; {p}{f}.{g}.{s} @{g}"},
    {"budgets",
     "-fips -dual isof: {p}.global.{d} @{g}; -fips -dual isoe: {p}.global.{d} @{g}; -fips -dual "
     "isob: {p}.global.{d} @{g}; -fips eusc: {p}.{g}.{D}; -fips dual aws|eusc: {p}.{g}.{D} "
     "@{g}; {p}{f}.{s} @{g}"},
    {"catalog.marketplace", "-fips dual us-east-1: catalog-marketplace.{g}.{D}"},
    {"ce", "-fips eusc: ce.{g}.{D}; ce{f}.{g}.{s} @{g}"},
    {"cloudfront",
     "-dual cn: {p}{f}.{g}.{s} @{g}; dual aws: {p}{f}.global.{s} @{g}; {p}{f}.{s} @{g}"},
    {"codecatalyst", "{p}{f}.global.{D}"},
    {"data-ats.iot",
     "-fips -dual cn-north-1: data.ats.iot.{r}.{s}; fips -dual us-west-2: data.iot{f}.{r}.{s}; "
     "fips -dual us-west-1: data.iot{f}.{r}.{s}; fips -dual us-east-2: data.iot{f}.{r}.{s}; "
     "fips -dual us-east-1: data.iot{f}.{r}.{s}; fips -dual ca-central-1: data.iot{f}.{r}.{s}; "
     "fips -dual gov: data.iot{f}.{r}.{s}"},
    {"databrew", "-dual us-gov-west-1: {p}.{r}.{d}"},
    {"dms", "-dual isob: {p}.{r}.{d}; -dual iso: {p}.{r}.{d}; -dual gov: {p}.{r}.{d}"},
    {"eks", "-dual gov: eks.{r}.{s}; fips -dual aws: fips.eks.{r}.{s}"},
    {"elasticfilesystem", "dual aws|cn|gov: efs{f}.{r}.{s}"},
    {"entitlement.marketplace",
     "-fips -dual eusc: entitlement-marketplace.{g}.{d}; -fips cn: "
     "entitlement-marketplace.{r}.{s}; -fips dual aws: entitlement-marketplace.{r}.{s}"},
    {"es", "-fips dual aws|cn|gov: aos.{r}.{s}"},
    {"freetier", "-fips aws: {p}.{g}.{D} @{g}; {p}{f}.{r}.{D}"},
    {"geo-maps", "aws|gov: maps.geo{f}.{r}.{s}"},
    {"geo-places", "aws|gov: places.geo{f}.{r}.{s}"},
    {"geo-routes", "gov: routes.geo{f}.{r}.us-gov.{s}; aws: routes.geo{f}.{r}.{s}"},
    {"health", "eusc: {p}{f}.{g}.{D}"},
    {"iam",
     "-fips dual eusc: iam.global.{s}; -fips -dual isof: iam.{g}.{d} @{g}; -fips -dual isoe: "
     "iam.{g}.{d} @{g}; -fips -dual cn: {p}.cn-north-1.{d} @cn-north-1; -fips eusc: "
     "iam.{g}.{s}; -fips cn: {p}.global.{D} @cn-north-1; -dual isob: {p}{f}.{g}.{s} @{g}; -dual "
     "iso: {p}{f}.{g}.{s} @{g}; cn: {p}{f}.{s} @cn-north-1; gov: iam.us-gov.{s} @{g}; dual aws: "
     "iam{f}.global.{s} @{g}; iam{f}.{s} @{g}"},
    {"importexport", "-fips -dual aws: {p}.{d} @{g} =IngestionService; aws: {p}{f}.{r}.{s} @{g} "
                     "=IngestionService"},
    {"ingest.timestream",
     "dual gov: timestream-ingest.{r}.{s}; fips gov: {p}.{r}.{d}; dual aws|gov: "
     "timestream-ingest{f}.{r}.{D}"},
    {"kafka",
     "-fips dual eusc: kafka-api.{r}.{D}; dual gov: kafka-api.{r}.{D}; fips cn: {p}{f}.{r}.{s}; "
     "fips gov: {p}.{r}.{d}; dual aws|cn|gov: kafka-api{f}.{r}.{s}"},
    {"mediaconvert",
     "-fips -dual cn-northwest-1: subscribe.mediaconvert.{g}.{s}; -dual gov: {p}.{r}.{d}"},
    {"metering.marketplace",
     "-fips -dual eusc: metering-marketplace.{r}.{s}; -fips dual aws|cn|gov: "
     "metering-marketplace.{r}.{s}"},
    {"metrics.sagemaker", "-dual aws: metrics{f}.sagemaker.{r}.{s}"},
    {"models.lex", "-dual aws|gov: models{f}.lex.{r}.{d}"},
    {"networkmanager",
     "isof: {p}{f}.{g}.{s} @{g}; isoe: {p}{f}.{g}.{s} @{g}; isob: {p}{f}.{g}.{s} @{g}; iso: "
     "{p}{f}.{g}.{s} @{g}; cn: {p}{f}.{g}.{s} @{g}; gov: {p}.{g}.{s} @{g}; aws: "
     "{p}{f}.us-west-2.{s} @us-west-2"},
    {"organizations", "gov: {p}.{g}.{s} @{g}; {p}{f}.{g}.{s} @{g}"},
    {"osm", "osm.{r}.api.aws"},
    {"pricingplanmanager", "{p}.us-east-1.api.aws @us-east-1"},
    {"query.timestream", "dual gov: timestream-query.{r}.{D}; fips gov: {p}.{r}.{d}; dual aws|gov: "
                         "timestream-query{f}.{r}.{s}"},
    {"route53",
     "-fips dual eusc: {p}.global.{D}; -fips dual cn: {p}.global.{s} @{g}; gov: {p}.us-gov.{s} "
     "@{g}; dual aws: {p}{f}.global.{s} @{g}; {p}{f}.{s} @{g}"},
    {"route53-recovery-control-config",
     "-fips dual aws: arc-recovery-control-config.us-west-2.{D} @us-west-2; -fips aws: "
     "{p}.us-west-2.{s} @us-west-2; {p}{f}.{g}.{s} @{g}"},
    {"runtime.lex", "-dual aws|gov: runtime{f}.lex.{r}.{d}"},
    {"runtime.sagemaker", "-dual gov: {p}.{r}.{d}; -dual aws: runtime{f}.sagemaker.{r}.{s}"},
    {"savingsplans", "-fips dual aws: {p}.global.{D} @{g}; -fips aws: {p}.{d} @{g}"},
    {"sdb", "-fips -dual us-east-1: sdb.{s}"},
    {"secretsmanager", "fips cn: {p}{f}.{r}.{s}; aws|cn|gov: {p}{f}.{r}.{d}"},
    {"shield", "-dual aws: {p}{f}.{g}.{s} @{g}"},
    {"signin",
     "fips -dual us-gov-west-1: {p}{f}.amazonaws-us-gov.com; -fips -dual eusc: "
     "{g}.signin.amazonaws-eusc.eu; -fips -dual isof: {r}.signin.csphome.hci.ic.gov; -fips "
     "-dual isob: {r}.signin.sc2shome.sgov.gov; -fips -dual isoe: {r}.signin.csphome.adc-e.uk; "
     "-fips -dual iso: {r}.signin.c2shome.ic.gov; -fips -dual cn: {r}.signin.amazonaws.cn; "
     "-dual gov: {r}.signin{f}.amazonaws-us-gov.com; -fips -dual: {r}.signin.aws.amazon.com"},
    {"ssm", "-dual gov: ssm.{r}.{s}"},
    {"states", "-dual us-gov-west-1: {p}.{r}.{d}; dual gov: {p}-fips.{r}.{s}"},
    {"streams.dynamodb", "-dual gov: {p}.{r}.{d}; dual: streams-dynamodb{f}.{r}.{s}"},
    {"support",
     "-fips -dual cn: {p}.cn-north-1.{d} @cn-north-1; -dual gov: {p}.{g}.{d} @{g}; isof: "
     "{p}{f}.{r}.{s}; isoe: {p}{f}.{r}.{s}; cn: {p}{f}.{r}.{s}; -fips -dual: {p}.{g}.{d} @{g}"},
    {"sustainability",
     "gov: {p}{f}.us-gov.{D} v4a; -fips aws: api.sustainability.{r}.{D} v4a; {p}{f}.global.{D} "
     "v4a"},
    {"swf", "-dual gov: {p}.{r}.{d}; dual gov: swf-fips.{r}.{s}"},
    {"transcribe",
     "-fips -dual cn: cn.transcribe.{r}.{s}; fips -dual aws|gov: fips.transcribe.{r}.{d}"},
    {"waf", "-dual aws: waf{f}.{s} @{g}"},
};

static bool names(const char *list, ps_str word)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, " ");
        if (ps_str_equal((ps_str){at, len}, word)) {
            return true;
        }
        at += len + (at[len] == ' ');
    }
    return false;
}

ps_str ps_endpoint_rules_of(ps_str endpoint_prefix)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (names(table[i].services, endpoint_prefix)) {
            return ps_str_from(table[i].rules);
        }
    }
    return PS_STR("");
}
