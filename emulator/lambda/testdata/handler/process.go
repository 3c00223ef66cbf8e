package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func ignoreSIGTERM() {
	signal.Ignore(syscall.SIGTERM)
}

// reportInitError reports to the Runtime API why the function cannot start, as runtimes
// other than Go's do.
func reportInitError() error {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	body := strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"no table name"}`)
	response, err := http.Post(url, "application/json", body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	fmt.Println("init error answered with", response.StatusCode)
	return fmt.Errorf("reported")
}

// pollAndLeave asks for an invocation and hangs up at once.
func pollAndLeave() {
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprint(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n")
	conn.Close()
}
