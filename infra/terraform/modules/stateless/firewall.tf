# Written by make terraform-export from the CDK app. Changes are made there.

resource "aws_wafv2_web_acl" "firewall" {
  count = var.api_firewall ? 1 : 0

  name  = "${var.name_prefix}fluxa-${var.environment}"
  scope = "REGIONAL"
  tags  = local.tags

  default_action {
    allow {}
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.name_prefix}fluxa-${var.environment}"
    sampled_requests_enabled   = true
  }

  rule {
    name     = "rate"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.api_firewall_rate_per_5_minutes
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name_prefix}fluxa-${var.environment}-rate"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "AWSManagedRulesAmazonIpReputationList"
    priority = 1

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesAmazonIpReputationList"
        vendor_name = "AWS"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name_prefix}fluxa-${var.environment}-AWSManagedRulesAmazonIpReputationList"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 2

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
        vendor_name = "AWS"

        rule_action_override {
          name = "JavaDeserializationRCE_HEADER"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "JavaDeserializationRCE_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "JavaDeserializationRCE_URIPATH"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "JavaDeserializationRCE_QUERYSTRING"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "ExploitablePaths_URIPATH"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "Log4JRCE_HEADER"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "Log4JRCE_QUERYSTRING"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "Log4JRCE_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "ReactJSRCE_BODY"

          action_to_use {
            count {}
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name_prefix}fluxa-${var.environment}-AWSManagedRulesKnownBadInputsRuleSet"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "AWSManagedRulesCommonRuleSet"
    priority = 3

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesCommonRuleSet"
        vendor_name = "AWS"

        rule_action_override {
          name = "NoUserAgent_HEADER"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "SizeRestrictions_QUERYSTRING"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "SizeRestrictions_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "EC2MetaDataSSRF_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "EC2MetaDataSSRF_URIPATH"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "EC2MetaDataSSRF_QUERYARGUMENTS"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "GenericLFI_QUERYARGUMENTS"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "GenericLFI_URIPATH"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "GenericLFI_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "RestrictedExtensions_URIPATH"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "RestrictedExtensions_QUERYARGUMENTS"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "GenericRFI_QUERYARGUMENTS"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "GenericRFI_BODY"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "CrossSiteScripting_QUERYARGUMENTS"

          action_to_use {
            count {}
          }
        }

        rule_action_override {
          name = "CrossSiteScripting_BODY"

          action_to_use {
            count {}
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name_prefix}fluxa-${var.environment}-AWSManagedRulesCommonRuleSet"
      sampled_requests_enabled   = true
    }
  }
}

resource "aws_wafv2_web_acl_association" "firewall" {
  count = var.api_firewall ? 1 : 0

  resource_arn = "arn:${local.partition}:apigateway:${local.region}::/restapis/${aws_api_gateway_rest_api.api.id}/stages/${aws_api_gateway_stage.api.stage_name}"
  web_acl_arn  = aws_wafv2_web_acl.firewall[0].arn
}

resource "aws_cloudwatch_log_group" "firewall" {
  count = var.api_firewall ? 1 : 0

  name              = "aws-waf-logs-${var.name_prefix}fluxa-${var.environment}"
  retention_in_days = var.logs_retention_days
  skip_destroy      = var.retain_data
  tags              = local.tags
}

resource "aws_wafv2_web_acl_logging_configuration" "firewall" {
  count = var.api_firewall ? 1 : 0

  resource_arn = aws_wafv2_web_acl.firewall[0].arn
  log_destination_configs = [
    "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${aws_cloudwatch_log_group.firewall[0].name}",
  ]

  redacted_fields {
    single_header {
      name = "x-api-key"
    }
  }

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }

      condition {
        action_condition {
          action = "EXCLUDED_AS_COUNT"
        }
      }
    }
  }
}
