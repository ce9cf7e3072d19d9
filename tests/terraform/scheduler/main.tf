# Schedules, a schedule group and scheduled rules, as Terraform's aws provider sees them. Applied, planned, changed (-var revision=2),
# planned, destroyed by scheduler_test.py. The queues are made by the test: the provider waits 25 s for each.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-2"
}

variable "revision" {
  type    = number
  default = 1
}

variable "moment" {
  type = string
}

locals {
  first   = var.revision == 1
  account = data.aws_caller_identity.me.account_id
  queue   = "arn:aws:sqs:us-east-2:${local.account}:jobs"
  role    = "arn:aws:iam::${local.account}:role/scheduler"
}

data "aws_caller_identity" "me" {}

resource "aws_scheduler_schedule_group" "reminders" {
  name = "reminders"
  tags = { Revision = tostring(var.revision) }
}

# With nothing but what must be said.
resource "aws_scheduler_schedule" "plain" {
  name                = "plain"
  schedule_expression = local.first ? "rate(1 hours)" : "rate(2 hours)"
  state               = "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = local.queue
    role_arn = local.role
  }
}

# With everything that can be said.
resource "aws_scheduler_schedule" "full" {
  name                         = "full"
  group_name                   = aws_scheduler_schedule_group.reminders.name
  description                  = local.first ? "every working day" : "now and then"
  schedule_expression          = "cron(0 9 ? * MON-FRI *)"
  schedule_expression_timezone = local.first ? "Europe/Berlin" : "America/New_York"
  start_date                   = "2099-01-01T00:00:00Z"
  end_date                     = "2099-12-31T00:00:00Z"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = local.first ? 15 : 30
  }
  target {
    arn      = "arn:aws:events:us-east-2:${local.account}:event-bus/default"
    role_arn = local.role
    input    = jsonencode({ kind = "reminder", revision = var.revision })
    eventbridge_parameters {
      source      = "shop"
      detail_type = "Reminder"
    }
    dead_letter_config {
      arn = "arn:aws:sqs:us-east-2:${local.account}:dead"
    }
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 5
    }
  }
}

resource "aws_scheduler_schedule" "once" {
  name                         = "once"
  schedule_expression          = "at(${var.moment})"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    role_arn = local.role
    input    = <<-JSON
      {"QueueUrl": "http://localhost/${local.account}/jobs", "MessageBody": "<aws.scheduler.scheduled-time>"}
    JSON
  }
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = local.first ? "cron(0 3 * * ? *)" : "rate(5 minutes)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule  = aws_cloudwatch_event_rule.nightly.name
  arn   = local.queue
  input = jsonencode({ job = "nightly" })
}

output "schedule_arn" {
  value = aws_scheduler_schedule.full.arn
}

output "group_arn" {
  value = aws_scheduler_schedule_group.reminders.arn
}
