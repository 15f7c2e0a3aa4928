package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"google.golang.org/grpc"
)

// Messages are bytes already: a put is two fields, and of the answer only its arrival counts. So etcd's own packages, whose
// paths are others in every version, are not needed.
type bytesCodec struct{}

func (bytesCodec) Marshal(message interface{}) ([]byte, error) { return message.([]byte), nil }
func (bytesCodec) Unmarshal([]byte, interface{}) error         { return nil }
func (bytesCodec) Name() string                                { return "proto" }

func connect(endpoint, name, value string) (execute, error) {
	var clients [connections]*grpc.ClientConn
	for i := range clients {
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		client, err := grpc.DialContext(ctx, endpoint, grpc.WithInsecure(), grpc.WithBlock(),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
		if err != nil {
			return nil, err
		}
		clients[i] = client
	}
	return func(caller int) error {
		ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
		defer cancel()
		request := append(field(1, fmt.Sprintf("%s-%d", name, caller)), field(2, value)...)
		return clients[caller%connections].Invoke(ctx, "/etcdserverpb.KV/Put", request, nil)
	}, nil
}

// A field of a protobuf message: its number and type, its length, itself.
func field(number byte, value string) []byte {
	length := make([]byte, binary.MaxVarintLen64)
	length = length[:binary.PutUvarint(length, uint64(len(value)))]
	return append(append([]byte{number<<3 | 2}, length...), value...)
}
