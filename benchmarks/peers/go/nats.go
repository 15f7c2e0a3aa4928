package main

import (
	"errors"
	"time"

	"github.com/nats-io/nats.go"
)

func connect(endpoint, _, value string) (execute, error) {
	var streams [connections]nats.JetStreamContext
	for i := range streams {
		connection, err := nats.Connect("nats://" + endpoint)
		if err != nil {
			return nil, err
		}
		streams[i], err = connection.JetStream()
		if err != nil {
			return nil, err
		}
	}
	return func(caller int) error {
		future, err := streams[caller%connections].PublishAsync("bench", []byte(value))
		if err != nil {
			return err
		}
		late := time.NewTimer(answerLimit)
		defer late.Stop()
		select {
		case <-future.Ok():
			return nil
		case err := <-future.Err():
			return err
		case <-late.C:
			return errors.New("no acknowledgement")
		}
	}, nil
}
