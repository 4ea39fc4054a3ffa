// A TLS server: ADDRESS CERTIFICATE KEY REQUESTS; ends by itself after that many requests.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
)

func main() {
	left, err := strconv.Atoi(os.Args[4])
	if err != nil {
		panic(err)
	}
	done := make(chan bool, left)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello %s\n", r.URL.Path)
		done <- true
	})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	server := &http.Server{}
	go server.ServeTLS(listener, os.Args[2], os.Args[3])
	for i := 0; i < left; i++ {
		<-done
	}
	server.Shutdown(context.Background())
}
