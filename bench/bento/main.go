// Command bento is Bento with the components that its two pipelines of the benchmark
// need, and no others: the whole of it takes long to compile. Package base brings the
// AWS components too, since it can ask AWS for passwords; public/components/aws would add
// Elasticsearch, Kafka and OpenSearch, which are more than half of all packages.
package main

import (
	"context"

	_ "github.com/lib/pq"

	_ "github.com/warpstreamlabs/bento/public/components/io"
	_ "github.com/warpstreamlabs/bento/public/components/pure"
	_ "github.com/warpstreamlabs/bento/public/components/sql/base"
	"github.com/warpstreamlabs/bento/public/service"
)

func main() { service.RunCLI(context.Background()) }
