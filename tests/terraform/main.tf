# Everything of EventBridge and SQS that eventbusd implements, as Terraform's aws provider sees it. Applied, planned twice, changed
# (-var revision=2), planned, destroyed by terraform_test.py.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-2"
  default_tags {
    tags = { Environment = "test", Project = "eventbusd" }
  }
}

variable "revision" {
  type    = number
  default = 1
}

locals {
  first   = var.revision == 1
  account = data.aws_caller_identity.me.account_id
}

data "aws_caller_identity" "me" {}

# --- queues: few, since the provider waits 25 s for each, in parallel ---------------------------------------------------------

resource "aws_sqs_queue" "dead" {
  name                      = "dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = local.first ? 1800 : 900
  max_message_size           = 262144
  receive_wait_time_seconds  = 20
  delay_seconds              = 0
  tags                       = { Name = "jobs", Revision = tostring(var.revision) }
}

resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
}

resource "aws_sqs_queue_redrive_policy" "jobs" {
  queue_url      = aws_sqs_queue.jobs.id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = local.first ? 4 : 5 })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url            = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.jobs.arn] })
}

data "aws_iam_policy_document" "from_rules" {
  statement {
    sid       = "EventsToQueue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.jobs.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.uploads.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy    = data.aws_iam_policy_document.from_rules.json
}

# --- buses ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_bus" "application" {
  name        = "application-events"
  description = local.first ? "what our services say" : "what our services say, second edition"
  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
  tags = { Name = "application-events" }
}

resource "aws_cloudwatch_event_bus" "shared" {
  name = "shared"
}

resource "aws_cloudwatch_event_bus_policy" "shared" {
  event_bus_name = aws_cloudwatch_event_bus.shared.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "partner"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = ["events:PutEvents"]
      Resource  = aws_cloudwatch_event_bus.shared.arn
    }]
  })
}

resource "aws_cloudwatch_event_permission" "account" {
  event_bus_name = aws_cloudwatch_event_bus.application.name
  principal      = "444455556666"
  statement_id   = "account"
}

resource "aws_cloudwatch_event_permission" "organisation" {
  event_bus_name = aws_cloudwatch_event_bus.application.name
  principal      = "*"
  statement_id   = "organisation"
  condition {
    key   = "aws:PrincipalOrgID"
    type  = "StringEquals"
    value = "o-1234567890"
  }
}

# --- rules ---------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_rule" "uploads" {
  name           = "uploads"
  description    = "audio & <video> uploads"
  event_bus_name = aws_cloudwatch_event_bus.application.name
  event_pattern = jsonencode({
    source        = ["custom.upload-service"]
    "detail-type" = [{ prefix = "Audio" }, { "anything-but" = ["Document Uploaded"] }]
    detail        = { metadata = { size = [{ numeric = [">", 0, "<=", 5368709120] }], note = ["a < b && c > d \u2028"] } }
  })
  tags = local.first ? { Owner = "frontend" } : { Owner = "backend", Reviewed = "yes" }
}

resource "aws_cloudwatch_event_rule" "by_arn" {
  name           = "by-arn"
  event_bus_name = aws_cloudwatch_event_bus.application.arn
  event_pattern  = jsonencode({ source = [local.first ? "first" : "second"] })
  state          = local.first ? "DISABLED" : "ENABLED"
}

resource "aws_cloudwatch_event_rule" "prefixed" {
  name_prefix   = "prefixed-"
  event_pattern = jsonencode({ source = ["aws.ec2"] })
  state         = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
}

resource "aws_cloudwatch_event_rule" "every_hour" {
  name                = "every-hour"
  event_bus_name      = "default"
  schedule_expression = local.first ? "rate(1 hour)" : "cron(0 12 * * ? *)"
  force_destroy       = true
}

# --- targets: every form of input ----------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_target" "whole" {
  rule           = aws_cloudwatch_event_rule.uploads.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "whole"
  arn            = aws_sqs_queue.jobs.arn
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = local.first ? 3 : 4
  }
  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}

resource "aws_cloudwatch_event_target" "path" {
  rule           = aws_cloudwatch_event_rule.uploads.name
  event_bus_name = aws_cloudwatch_event_bus.application.arn
  target_id      = "path"
  arn            = aws_sqs_queue.jobs.arn
  input_path     = "$.detail"
}

resource "aws_cloudwatch_event_target" "transformed" {
  rule           = aws_cloudwatch_event_rule.uploads.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "transformed"
  arn            = aws_sqs_queue.jobs.arn
  input_transformer {
    input_paths    = { bucket = "$.detail.s3Location.bucket", key = "$.detail.s3Location.key" }
    input_template = <<-TEMPLATE
      {
        "job": <aws.events.rule-name>,
        "from": "s3://<bucket>/<key>"
      }
    TEMPLATE
  }
}

resource "aws_cloudwatch_event_target" "ordered" {
  rule           = aws_cloudwatch_event_rule.uploads.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "ordered"
  arn            = aws_sqs_queue.ordered.arn
  sqs_target {
    message_group_id = "$.detail.userId"
  }
}

resource "aws_cloudwatch_event_target" "constant" {
  rule  = aws_cloudwatch_event_rule.every_hour.name
  arn   = aws_sqs_queue.jobs.arn # target_id is the provider's own choice
  input = jsonencode({ tick = true, revision = var.revision })
}

# An API destination that is not there yet; those that are there: api_destinations/main.tf.
resource "aws_cloudwatch_event_target" "http" {
  rule           = aws_cloudwatch_event_rule.by_arn.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "http"
  arn            = "arn:aws:events:us-east-2:${local.account}:api-destination/hook/11111111-2222-3333-4444-555555555555"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  http_target {
    header_parameters       = { "X-Kind" = "upload" }
    query_string_parameters = { id = "$.detail.fileId" }
    path_parameter_values   = ["a"]
  }
}

resource "aws_cloudwatch_event_target" "bus" {
  rule           = aws_cloudwatch_event_rule.by_arn.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "bus"
  arn            = aws_cloudwatch_event_bus.shared.arn
  role_arn       = "arn:aws:iam::${local.account}:role/forward"
}

# --- targets of every kind, whether this daemon delivers to them, forwards to them or keeps them as they came -------------------

locals {
  # Five targets are what a rule takes.
  plain_targets = {
    function = { rule = "aws", arn = "arn:aws:lambda:us-east-2:${local.account}:function:index" }
    topic    = { rule = "aws", arn = "arn:aws:sns:us-east-2:${local.account}:uploads" }
    delivery = { rule = "aws", arn = "arn:aws:firehose:us-east-2:${local.account}:deliverystream/lake" }
    machine  = { rule = "aws", arn = "arn:aws:states:us-east-2:${local.account}:stateMachine:review" }
    remote   = { rule = "aws", arn = "arn:aws:events:eu-west-1:${local.account}:event-bus/europe" }
    build    = { rule = "jobs", arn = "arn:aws:codebuild:us-east-2:${local.account}:project/site" }
    flow     = { rule = "rest", arn = "arn:aws:codepipeline:us-east-2:${local.account}:release" }
  }
}

resource "aws_cloudwatch_event_rule" "kinds" {
  for_each       = toset(["aws", "jobs", "more", "rest"])
  name           = "kinds-${each.key}"
  event_bus_name = aws_cloudwatch_event_bus.application.name
  event_pattern  = jsonencode({ source = ["nobody"] })
}

resource "aws_cloudwatch_event_target" "plain" {
  for_each       = local.plain_targets
  rule           = aws_cloudwatch_event_rule.kinds[each.value.rule].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = each.key
  arn            = each.value.arn
  role_arn       = "arn:aws:iam::${local.account}:role/invoke-${var.revision}"
}

resource "aws_cloudwatch_event_target" "api" {
  rule           = aws_cloudwatch_event_rule.kinds["rest"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "api"
  arn            = "arn:aws:execute-api:us-east-2:${local.account}:abcdef1234/prod/POST/uploads/*"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  http_target {
    header_parameters       = { "X-Revision" = tostring(var.revision) }
    query_string_parameters = { id = "$.detail.fileId" }
    path_parameter_values   = ["$.detail.fileId"]
  }
}

resource "aws_cloudwatch_event_target" "stream" {
  rule           = aws_cloudwatch_event_rule.kinds["jobs"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "stream"
  arn            = "arn:aws:kinesis:us-east-2:${local.account}:stream/clicks"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  kinesis_target {
    partition_key_path = local.first ? "$.detail.userId" : "$.detail.fileId"
  }
}

resource "aws_cloudwatch_event_target" "task" {
  rule           = aws_cloudwatch_event_rule.kinds["jobs"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "task"
  arn            = "arn:aws:ecs:us-east-2:${local.account}:cluster/workers"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  input          = jsonencode({ containerOverrides = [{ name = "worker", command = ["run"] }] })
  ecs_target {
    task_definition_arn     = "arn:aws:ecs:us-east-2:${local.account}:task-definition/transcribe:7"
    task_count              = local.first ? 1 : 2
    launch_type             = "FARGATE"
    platform_version        = "LATEST"
    group                   = "night"
    propagate_tags          = "TASK_DEFINITION"
    enable_ecs_managed_tags = true
    enable_execute_command  = false
    tags                    = { Kind = "task" }
    network_configuration {
      subnets          = ["subnet-0a1b2c3d"]
      security_groups  = ["sg-0a1b2c3d"]
      assign_public_ip = true
    }
    placement_constraint {
      type       = "memberOf"
      expression = "attribute:ecs.instance-type =~ g5.*"
    }
  }
}

resource "aws_cloudwatch_event_target" "batch" {
  rule           = aws_cloudwatch_event_rule.kinds["jobs"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "batch"
  arn            = "arn:aws:batch:us-east-2:${local.account}:job-queue/nightly"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  batch_target {
    job_definition = "arn:aws:batch:us-east-2:${local.account}:job-definition/nightly:1"
    job_name       = "nightly"
    array_size     = 10
    job_attempts   = local.first ? 2 : 3
  }
}

resource "aws_cloudwatch_event_target" "command" {
  rule           = aws_cloudwatch_event_rule.kinds["more"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "command"
  arn            = "arn:aws:ssm:us-east-2::document/AWS-RunShellScript"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  run_command_targets {
    key    = "tag:Fleet"
    values = local.first ? ["gpu"] : ["gpu", "cpu"]
  }
}

resource "aws_cloudwatch_event_target" "warehouse" {
  rule           = aws_cloudwatch_event_rule.kinds["more"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "warehouse"
  arn            = "arn:aws:redshift:us-east-2:${local.account}:cluster:warehouse"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  redshift_target {
    database       = "events"
    db_user        = "loader"
    sql            = "select ${var.revision}"
    statement_name = "load"
    with_event     = true
  }
}

resource "aws_cloudwatch_event_target" "pipeline" {
  rule           = aws_cloudwatch_event_rule.kinds["more"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "pipeline"
  arn            = "arn:aws:sagemaker:us-east-2:${local.account}:pipeline/train"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  sagemaker_pipeline_target {
    pipeline_parameter_list {
      name  = "revision"
      value = tostring(var.revision)
    }
  }
}

resource "aws_cloudwatch_event_target" "graph" {
  rule           = aws_cloudwatch_event_rule.kinds["more"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "graph"
  arn            = "arn:aws:appsync:us-east-2:${local.account}:endpoints/graphql-api/abcdefghijklmnopqrstuvwxyz"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  input_transformer {
    input_paths    = { id = "$.detail.fileId" }
    input_template = jsonencode({ id = "<id>", revision = var.revision })
  }
  appsync_target {
    graphql_operation = "mutation Add($id: ID!) { add(id: $id) { id } }"
  }
}

resource "aws_cloudwatch_event_target" "gateway" {
  rule           = aws_cloudwatch_event_rule.kinds["more"].name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "gateway"
  arn            = "arn:aws:execute-api:us-east-2:${local.account}:a1b2c3d4e5/live/POST/uploads/*"
  role_arn       = "arn:aws:iam::${local.account}:role/invoke"
  http_target {
    header_parameters       = { "X-Kind" = local.first ? "upload" : "document" }
    query_string_parameters = { id = "$.detail.fileId" }
    path_parameter_values   = ["$.detail.userId"]
  }
}

# --- archives -------------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_event_archive" "uploads" {
  name             = "uploads"
  description      = local.first ? "what was uploaded" : "what was uploaded, second edition"
  event_source_arn = aws_cloudwatch_event_bus.application.arn
  event_pattern    = jsonencode({ source = [{ prefix = local.first ? "custom." : "custom.upload" }] })
  retention_days   = local.first ? 7 : 30
}

resource "aws_cloudwatch_event_archive" "everything" {
  name             = "everything"
  event_source_arn = aws_cloudwatch_event_bus.shared.arn
}

# --- log groups ----------------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "events" {
  name              = "/aws/events/application"
  retention_in_days = local.first ? 7 : 14
  tags              = { Owner = local.first ? "a" : "b" }
}

resource "aws_cloudwatch_log_stream" "manual" {
  name           = "manual"
  log_group_name = aws_cloudwatch_log_group.events.name
}

data "aws_iam_policy_document" "events_may_log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.events.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name     = "events-may-log"
  policy_document = data.aws_iam_policy_document.events_may_log.json
}

resource "aws_cloudwatch_event_target" "log" {
  rule           = aws_cloudwatch_event_rule.by_arn.name
  event_bus_name = aws_cloudwatch_event_bus.application.name
  target_id      = "log"
  arn            = aws_cloudwatch_log_group.events.arn
}

# --- schemas ------------------------------------------------------------------------------------------------------------------

resource "aws_schemas_registry" "shop" {
  name        = "shop"
  description = local.first ? "schemas of the shop" : "schemas of the shop, second edition"
  tags        = { Name = "shop", Revision = tostring(var.revision) }
}

resource "aws_schemas_schema" "order" {
  name          = "shop.order@OrderPlaced"
  registry_name = aws_schemas_registry.shop.name
  type          = "OpenApi3"
  description   = "an order"
  content = jsonencode({
    openapi    = "3.0.0"
    info       = { title = "OrderPlaced", version = local.first ? "1.0.0" : "2.0.0" }
    paths      = {}
    components = { schemas = { OrderPlaced = { type = "object", properties = { orderId = { type = "string" } } } } }
  })
}

resource "aws_schemas_schema" "upload" {
  name          = "upload@AudioUploaded"
  registry_name = aws_schemas_registry.shop.name
  type          = "JSONSchemaDraft4"
  content = jsonencode({
    "$schema" = "http://json-schema.org/draft-04/schema#"
    type      = "object"
    required  = ["fileId"]
  })
  tags = { Name = "upload" }
}

resource "aws_schemas_registry_policy" "shop" {
  registry_name = aws_schemas_registry.shop.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "read"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action    = local.first ? ["schemas:DescribeSchema"] : ["schemas:*"]
      Resource  = [aws_schemas_registry.shop.arn]
    }]
  })
}

resource "aws_schemas_discoverer" "shared" {
  source_arn  = aws_cloudwatch_event_bus.shared.arn
  description = local.first ? "learns" : "goes on learning"
  tags        = { Name = "shared" }
}

# --- looked up -----------------------------------------------------------------------------------------------------------------

data "aws_cloudwatch_event_bus" "found" {
  name = aws_cloudwatch_event_bus.shared.name
}

data "aws_sqs_queue" "found" {
  name = aws_sqs_queue.jobs.name
}

output "bus_arn" {
  value = data.aws_cloudwatch_event_bus.found.arn
}

output "queue_url" {
  value = data.aws_sqs_queue.found.url
}
