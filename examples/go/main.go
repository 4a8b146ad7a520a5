// Command is-authorized asks coderd whether a key of a user may be used, and
// whose it is, as a gateway does.
//
//	AIBRIDGE_API_KEY=<id>-<secret> is-authorized  asks about a full key
//	is-authorized --key-id <id>                   asks about a key by its id
//
// The exit code is 0 if the key is accepted, 1 if it is refused, and 2 if there
// was no answer.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	aibridgev1 "example.com/aibridge-client/gen/coder/aibridge/v1"
)

const answerWithin = 5 * time.Second

func main() {
	keyID := flag.String("key-id", "", "ask by the id of a key; else by AIBRIDGE_API_KEY, a full key")
	flag.Parse()
	accepted, err := run(*keyID)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "no answer:", err)
		os.Exit(2)
	case !accepted:
		os.Exit(1)
	}
}

// run prints the answer and returns whether the key was accepted. An error
// means that there was no answer, which says nothing about the key.
func run(keyID string) (accepted bool, err error) {
	gatewayKey := os.Getenv("AIBRIDGE_GATEWAY_KEY")
	if gatewayKey == "" {
		return false, errors.New("AIBRIDGE_GATEWAY_KEY must be set")
	}
	conn, err := dial(os.Getenv("AIBRIDGE_URL"))
	if err != nil {
		return false, err
	}
	defer conn.Close()

	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+gatewayKey)

	client := aibridgev1.NewAuthorizerServiceClient(conn)
	answer, err := client.IsAuthorized(ctx, request(keyID))
	if reason, ok := refusal(err); ok {
		fmt.Printf("refused: %s (%s)\n", reason, status.Convert(err).Message())
		return false, nil
	}
	if err != nil {
		return false, err
	}
	fmt.Printf("owner: %s\nusername: %s\nkey id: %s\n", answer.OwnerId, answer.Username, answer.ApiKeyId)
	return true, nil
}

// request names the key by one arm of the oneof. The full key comes from the
// environment, because every user of a machine can list arguments.
func request(keyID string) *aibridgev1.IsAuthorizedRequest {
	if keyID != "" {
		return &aibridgev1.IsAuthorizedRequest{
			Credential: &aibridgev1.IsAuthorizedRequest_KeyId{KeyId: keyID},
		}
	}
	return &aibridgev1.IsAuthorizedRequest{
		Credential: &aibridgev1.IsAuthorizedRequest_Key{Key: os.Getenv("AIBRIDGE_API_KEY")},
	}
}

// refusal returns the typed reason of an error. An error without one, such as
// an unreachable coderd, is no refusal.
func refusal(err error) (aibridgev1.AuthorizationFailureReason, bool) {
	for _, detail := range status.Convert(err).Details() {
		if failure, ok := detail.(*aibridgev1.AuthorizationFailure); ok {
			return failure.Reason, true
		}
	}
	return 0, false
}

// dial connects with TLS to an https URL and in clear to an http URL.
func dial(rawURL string) (*grpc.ClientConn, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("AIBRIDGE_URL: %w", err)
	}
	switch target.Scheme {
	case "http":
		return connect(target, "80", insecure.NewCredentials())
	case "https":
		return connect(target, "443", credentials.NewTLS(nil))
	default:
		return nil, errors.New("AIBRIDGE_URL must be set to coderd's http or https URL")
	}
}

func connect(target *url.URL, defaultPort string, transport credentials.TransportCredentials) (*grpc.ClientConn, error) {
	address := target.Host
	if target.Port() == "" {
		address += ":" + defaultPort
	}
	return grpc.NewClient(address, grpc.WithTransportCredentials(transport))
}
