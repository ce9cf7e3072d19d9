# Connections of all three kinds, API destinations, and targets that use them. Applied, planned twice, changed (-var revision=2),
# planned, destroyed by api_destinations_test.py, which gives the two URLs.

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

variable "receiver" {
  type = string
}

variable "token_server" {
  type = string
}

locals {
  first   = var.revision == 1
  account = data.aws_caller_identity.me.account_id
}

data "aws_caller_identity" "me" {}

resource "aws_cloudwatch_event_connection" "basic" {
  name               = "basic"
  description        = local.first ? "with a password" : "with another password"
  authorization_type = "BASIC"
  auth_parameters {
    basic {
      username = "ann"
      password = local.first ? "one" : "two"
    }
    invocation_http_parameters {
      header {
        key   = "X-Open"
        value = "revision ${var.revision}"
      }
      header {
        key             = "X-Secret"
        value           = "hidden ${var.revision}"
        is_value_secret = true
      }
      query_string {
        key             = "tenant"
        value           = "7"
        is_value_secret = false
      }
      body {
        key             = "stamp"
        value           = "body secret"
        is_value_secret = true
      }
    }
  }
}

resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = local.first ? "X-Api-Key" : "X-Other-Key"
      value = "k3y"
    }
  }
}

resource "aws_cloudwatch_event_connection" "oauth" {
  name               = "oauth"
  authorization_type = "OAUTH_CLIENT_CREDENTIALS"
  auth_parameters {
    oauth {
      authorization_endpoint = "${var.token_server}/token"
      http_method            = local.first ? "POST" : "PUT"
      client_parameters {
        client_id     = "the-client"
        client_secret = "t0ken-s3cret"
      }
      oauth_http_parameters {
        body {
          key             = "scope"
          value           = "events"
          is_value_secret = false
        }
        header {
          key             = "X-Realm"
          value           = "r"
          is_value_secret = true
        }
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  for_each = {
    basic = aws_cloudwatch_event_connection.basic.arn
    key   = aws_cloudwatch_event_connection.key.arn
    oauth = aws_cloudwatch_event_connection.oauth.arn
  }
  name                             = "hook-${each.key}"
  description                      = local.first ? "calls the receiver" : "calls the receiver, slowly"
  invocation_endpoint              = "${var.receiver}/${each.key}/*"
  http_method                      = local.first ? "POST" : "PUT"
  invocation_rate_limit_per_second = local.first ? 300 : 20
  connection_arn                   = each.value
}

resource "aws_cloudwatch_event_rule" "all" {
  name          = "all"
  event_pattern = jsonencode({ source = ["terraform"] })
}

resource "aws_cloudwatch_event_target" "hook" {
  for_each  = aws_cloudwatch_event_api_destination.hook
  rule      = aws_cloudwatch_event_rule.all.name
  target_id = each.key
  arn       = each.value.arn
  role_arn  = "arn:aws:iam::${local.account}:role/invoke"
  http_target {
    header_parameters       = { "X-Target" = each.key }
    query_string_parameters = { id = "$.detail.id" }
    path_parameter_values   = ["revision-${var.revision}"]
  }
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}

data "aws_cloudwatch_event_connection" "found" {
  name = aws_cloudwatch_event_connection.oauth.name
}

output "connection_arn" {
  value = data.aws_cloudwatch_event_connection.found.arn
}

output "secret_arn" {
  value = aws_cloudwatch_event_connection.basic.secret_arn
}
