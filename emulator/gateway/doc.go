// Package gateway emulates an Amazon API Gateway REST API with Lambda proxy integrations:
// it makes of an HTTP request the event that a function gets on AWS (payload version
// 1.0), and of the function's answer the HTTP response.
//
// It differs from API Gateway in four ways, all deliberate. Its own errors are
// application/problem+json documents. A path that no route has is answered with 404, and
// one that lacks the method with 405, where API Gateway answers 403 to both. A body that
// is not UTF-8 reaches the function unharmed, in base64, although no binary media types
// are configured; API Gateway would replace the bytes. And a throttled function is
// answered with 429.
package gateway
