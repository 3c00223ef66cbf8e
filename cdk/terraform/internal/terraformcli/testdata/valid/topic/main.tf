terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "name" {
  description = "What the topic is called."
  type        = string
}

resource "aws_sns_topic" "this" {
  name = var.name
}

output "arn" {
  description = "The topic."
  value       = aws_sns_topic.this.arn
}
