package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	attemptsMax      = 12
	requestSeconds   = 60
	answerBytesMax   = 8 << 20
	backoffMax       = 5 * time.Second
	definitionsWait  = 60 * time.Second
	definitionsEvery = 50 * time.Millisecond
)

// apiServer is one API server, spoken to as the user of a kubeconfig.
type apiServer struct {
	url    string
	token  string
	client *http.Client
}

// kubeconfig holds what this program understands: inline credentials of the current context.
type kubeconfig struct {
	CurrentContext string `json:"current-context"`
	Contexts       []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	Clusters []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server string `json:"server"`
			CAData []byte `json:"certificate-authority-data"`
		} `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string `json:"name"`
		User struct {
			Token    string `json:"token"`
			CertData []byte `json:"client-certificate-data"`
			KeyData  []byte `json:"client-key-data"`
		} `json:"user"`
	} `json:"users"`
}

// connect reads a kubeconfig; nothing is sent yet.
func connect(path string, inFlight int) (*apiServer, error) {
	if path == "" {
		return nil, errors.New("--kubeconfig is missing")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config kubeconfig
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	server := &apiServer{}
	settings := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	cluster, user := config.current()
	for _, each := range config.Clusters {
		if each.Name == cluster {
			server.url = each.Cluster.Server
			settings.RootCAs.AppendCertsFromPEM(each.Cluster.CAData)
		}
	}
	for _, each := range config.Users {
		if each.Name != user {
			continue
		}
		server.token = each.User.Token
		if len(each.User.CertData) > 0 {
			pair, err := tls.X509KeyPair(each.User.CertData, each.User.KeyData)
			if err != nil {
				return nil, fmt.Errorf("%s: client certificate: %w", path, err)
			}
			settings.Certificates = []tls.Certificate{pair}
		}
	}
	if server.url == "" {
		return nil, fmt.Errorf("%s: its current context names no cluster", path)
	}
	// HTTP/1.1, a connection for each request in flight: one HTTP/2 connection would be one queue.
	transport := &http.Transport{TLSClientConfig: settings, MaxIdleConnsPerHost: inFlight, MaxConnsPerHost: inFlight}
	server.client = &http.Client{Transport: transport, Timeout: requestSeconds * time.Second}
	return server, nil
}

func (k *kubeconfig) current() (cluster, user string) {
	for _, each := range k.Contexts {
		if each.Name == k.CurrentContext {
			return each.Context.Cluster, each.Context.User
		}
	}
	return "", ""
}

// send makes one request and repeats it while the server says that it is busy.
func (s *apiServer) send(method, path, contentType string, body []byte) (int, []byte, error) {
	pause := 50 * time.Millisecond
	for attempt := 1; ; attempt++ {
		status, answer, after, err := s.once(method, path, contentType, body)
		busy := err == nil && (status == http.StatusTooManyRequests || status >= 500)
		if !busy || attempt == attemptsMax {
			return status, answer, err
		}
		time.Sleep(min(max(pause, after), backoffMax))
		pause *= 2
	}
}

func (s *apiServer) once(method, path, contentType string, body []byte) (int, []byte, time.Duration, error) {
	request, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, 0, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "populate")
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return response.StatusCode, answer, time.Duration(seconds) * time.Second, err
}

// create returns the object's UID, of the one that is there already where there is one.
func (s *apiServer) create(o *object) (uid string, size int, err error) {
	body, err := json.Marshal(o.body)
	if err != nil {
		return "", 0, err
	}
	status, answer, err := s.send(http.MethodPost, o.collection, "application/json", body)
	if err == nil && status == http.StatusConflict {
		status, answer, err = s.send(http.MethodGet, o.path(), "application/json", nil)
	}
	if err != nil {
		return "", 0, err
	}
	if status >= 300 {
		return "", 0, fmt.Errorf("%s %s: status %d: %s", o.kind, o.name, status, answer)
	}
	var made struct {
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
	}
	err = json.Unmarshal(answer, &made)
	return made.Metadata.UID, len(body), err
}

// waitForKinds returns once instances of our custom kinds can be created.
func (s *apiServer) waitForKinds() error {
	deadline := time.Now().Add(definitionsWait)
	for _, kind := range customKinds {
		for {
			status, _, err := s.send(http.MethodGet, kind.listPath(), "application/json", nil)
			if err != nil {
				return err
			}
			if status == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s is not served after %s", kind.kind, definitionsWait)
			}
			time.Sleep(definitionsEvery)
		}
	}
	return nil
}
