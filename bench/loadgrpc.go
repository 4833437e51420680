package main

import (
	"context"
	"fmt"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// What is asked over gRPC: as Envoy's filter does about a request, and whether
// the server is well, which costs what gRPC costs.
const (
	kindEnvoy  = "envoy"
	kindHealth = "health"
)

// grpcCaller is one HTTP/2 connection with one question at a time.
type grpcCaller struct {
	*grpc.ClientConn
	question func(ctx context.Context) error
}

func dialGRPC(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// dialEnvoy makes a connection of Envoy's.
func dialEnvoy(_ context.Context, address string, first int) (caller, error) {
	conn, err := dialGRPC(address)
	if err != nil {
		return nil, err
	}
	client, questions, next := authv3.NewAuthorizationClient(conn), checkRequests(), first
	return &grpcCaller{conn, func(ctx context.Context) error {
		next++
		answer, err := client.Check(ctx, questions[next%len(questions)])
		if err == nil && codes.Code(answer.GetStatus().GetCode()) != codes.OK {
			err = fmt.Errorf("the answer is %v", answer)
		}
		return err
	}}, nil
}

// checkRequests tell of the same requests as requestOf.
func checkRequests() []*authv3.CheckRequest {
	list := make([]*authv3.CheckRequest, passingClients)
	for i := range list {
		list[i] = &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
			Source: &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
				SocketAddress: &corev3.SocketAddress{Address: passingClient(i).String(), PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 40_000}},
			}}},
			Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
				Id: "4711", Method: "GET", Path: "/shop/articles/4711?color=blue", Host: "shop.example", Scheme: "http", Protocol: "HTTP/1.1",
				Headers: map[string]string{
					":method": "GET", ":path": "/shop/articles/4711?color=blue", ":authority": "shop.example", ":scheme": "http",
					"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
					"accept":     "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "accept-language": "en-US,en;q=0.5",
					"accept-encoding": "gzip, deflate", "x-request-id": "f3d7a1de-9e3a-4f29-9b62-5f1d7f0c2d11",
				},
			}},
		}}
	}
	return list
}

// dialHealth makes a connection that asks how the server is.
func dialHealth(_ context.Context, address string, _ int) (caller, error) {
	conn, err := dialGRPC(address)
	if err != nil {
		return nil, err
	}
	client := grpc_health_v1.NewHealthClient(conn)
	return &grpcCaller{conn, func(ctx context.Context) error {
		answer, err := client.Check(ctx, new(grpc_health_v1.HealthCheckRequest))
		if err == nil && answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			err = fmt.Errorf("the server is %v", answer.GetStatus())
		}
		return err
	}}, nil
}

// ask implements caller.
func (a *grpcCaller) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return a.question(ctx)
}
