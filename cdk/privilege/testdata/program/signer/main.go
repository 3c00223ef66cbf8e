// Command signer signs a request of its own.
package main

import (
	"fmt"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func main() { fmt.Println(v4.NewSigner()) }
