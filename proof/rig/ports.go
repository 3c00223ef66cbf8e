package rig

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const (
	// The stack takes ports from the first on. They lie below those that Linux gives to
	// outgoing connections (32768 and up by default), which could take one while the
	// stack is down.
	lowestPort, highestPort = 15000, 32000
	portsOfStack            = 2 // of the API and of the AWS endpoint
	portTries               = 50
)

// freePorts returns the first of the ports that a stack needs.
func freePorts() (int, error) {
	for range portTries {
		first := lowestPort + rand.IntN(highestPort-lowestPort)
		if free(first) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("find %d free ports in a row from %d to %d: none in %d tries", portsOfStack, lowestPort, highestPort, portTries)
}

func free(first int) bool {
	for port := first; port < first+portsOfStack; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil || l.Close() != nil {
			return false
		}
	}
	return true
}
