module github.com/fluxa/fluxa/migrations

go 1.26.0
