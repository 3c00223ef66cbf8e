//go:build linux && arm64 && lambda.norpc

// Command byname calls a method whose name it makes up. It is built for Lambda
// only.
package main

import "reflect"

func main() {
	reflect.ValueOf(1).MethodByName("a" + "b").Call(nil)
}
