// A peer of an apply: discovers MCP servers and registers at their authorization servers, with net/http and nothing else.
//
//	client ORIGIN COUNT [KIND] [AT-ONCE]
//
// Three requests for a server: protected resource metadata (path form), authorization server metadata, registration. It compares the resource and the
// issuer with what it asked for, and stores nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type resource struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
}

type metadata struct {
	Issuer               string `json:"issuer"`
	RegistrationEndpoint string `json:"registration_endpoint"`
}

type registration struct {
	Name          string   `json:"client_name"`
	RedirectURIs  []string `json:"redirect_uris"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	Method        string   `json:"token_endpoint_auth_method"`
}

type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// Reads an answer to its end, so that its connection can be used again.
func read(answer *http.Response, failure error, status int, into any) error {
	if failure != nil {
		return failure
	}
	defer answer.Body.Close()
	if answer.StatusCode != status {
		return fmt.Errorf("%s: status %d", answer.Request.URL, answer.StatusCode)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func register(client *http.Client, origin, path, name string) error {
	var found resource
	answer, failure := client.Get(origin + "/.well-known/oauth-protected-resource" + path + "/mcp")
	if failure = read(answer, failure, 200, &found); failure != nil {
		return failure
	}
	if found.Resource != origin+path+"/mcp" || len(found.AuthorizationServers) == 0 {
		return fmt.Errorf("%s: another resource, or no authorization server", path)
	}
	issuer := found.AuthorizationServers[0]
	var server metadata
	answer, failure = client.Get(origin + "/.well-known/oauth-authorization-server" + strings.TrimPrefix(issuer, origin))
	if failure = read(answer, failure, 200, &server); failure != nil {
		return failure
	}
	if server.Issuer != issuer {
		return fmt.Errorf("%s: another issuer", path)
	}
	body, failure := json.Marshal(registration{
		Name: "Test scripts", RedirectURIs: []string{"http://127.0.0.1:7777/callback/" + name},
		GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		Method: "client_secret_basic",
	})
	if failure != nil {
		return failure
	}
	var made registered
	answer, failure = client.Post(server.RegistrationEndpoint, "application/json", bytes.NewReader(body))
	if failure = read(answer, failure, 201, &made); failure != nil {
		return failure
	}
	if made.ID == "" || made.Secret == "" {
		return fmt.Errorf("%s: no client id or no client secret", path)
	}
	return nil
}

func number(index, otherwise int) int {
	if len(os.Args) <= index {
		return otherwise
	}
	value, failure := strconv.Atoi(os.Args[index])
	if failure != nil {
		fmt.Fprintln(os.Stderr, failure)
		os.Exit(64)
	}
	return value
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: client ORIGIN COUNT [KIND] [AT-ONCE]")
		os.Exit(64)
	}
	kind := "n"
	if len(os.Args) > 3 {
		kind = os.Args[3]
	}
	origin, count, atOnce := os.Args[1], number(2, 1), number(4, 64)
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConns: atOnce, MaxIdleConnsPerHost: atOnce}, Timeout: time.Minute,
	}
	indices := make(chan int)
	var group sync.WaitGroup
	var lock sync.Mutex
	failures := 0
	for worker := 0; worker < atOnce; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for index := range indices {
				path := fmt.Sprintf("/%s/%06d", kind, index)
				if failure := register(client, origin, path, fmt.Sprintf("s%06d", index)); failure != nil {
					lock.Lock()
					failures++
					fmt.Fprintln(os.Stderr, failure)
					lock.Unlock()
				}
			}
		}()
	}
	for index := 1; index <= count; index++ {
		indices <- index
	}
	close(indices)
	group.Wait()
	if failures > 0 {
		os.Exit(1)
	}
	fmt.Println(count, "registered")
}
