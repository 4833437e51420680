package wso2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/zeebo/xxh3"
)

// The traffic manager's topic, as its gateways subscribe to it.
const (
	topicExchange = "amq.topic"
	topicKey      = "throttleData"
)

// announcement is a block message of the topic.
type announcement struct {
	Event struct {
		PayloadData payload `json:"payloadData"`
	} `json:"event"`
}

// payload has a condition as gateways expect it: state is the text of a
// boolean, and the value is text, for addresses that of the object.
type payload struct {
	ID                int32  `json:"id"`
	State             string `json:"state"`
	BlockingCondition kind   `json:"blockingCondition"`
	ConditionValue    string `json:"conditionValue"`
	TenantDomain      string `json:"tenantDomain"`
}

// announce makes the message by which gateways begin or stop to deny.
func announce(c condition, on bool, tenant string) ([]byte, error) {
	state := "false"
	if on {
		state = "true"
	}
	var m announcement
	m.Event.PayloadData = payload{ID: c.id(), State: state, BlockingCondition: c.kind, ConditionValue: c.value, TenantDomain: tenant}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write a block message: %w", err)
	}
	return data, nil
}

// id names a condition among those of its tenant. WSO2's own are counted from
// 1: ours have the highest bits set, so that the two do not meet.
func (c condition) id() int32 {
	return 1<<30 | int32(xxh3.HashString(string(c.kind)+" "+c.value)&(1<<30-1))
}

// brokerURL is the address of a broker with a login. Errors never repeat it.
func brokerURL(address, user, password string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "amqp" && u.Scheme != "amqps" {
		return "", errors.New("wso2: topic_url: want one such as amqp://wso2.example.net:5672/carbon")
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	return u.String(), nil
}

// topic is the traffic manager's topic. It connects when it has to, and anew
// after a failure.
type topic struct {
	url     string // amqp://user:password@host:port/vhost
	tenant  string
	conn    *amqp.Connection
	channel *amqp.Channel
}

// say tells all gateways of a condition.
func (t *topic) say(ctx context.Context, c condition, on bool) error {
	body, err := announce(c, on, t.tenant)
	if err != nil {
		return err
	}
	if err := t.connect(); err != nil {
		return err
	}
	err = t.channel.PublishWithContext(ctx, topicExchange, topicKey, false, false, amqp.Publishing{
		ContentType: "text/plain", DeliveryMode: amqp.Transient, Body: body,
	})
	if err != nil {
		t.close()
		return fmt.Errorf("tell the topic %s: %w", topicKey, err)
	}
	return nil
}

func (t *topic) connect() error {
	if t.channel != nil && !t.channel.IsClosed() {
		return nil
	}
	t.close()
	conn, err := amqp.Dial(t.url)
	if err != nil {
		return fmt.Errorf("connect to the traffic manager's broker: %w", err)
	}
	channel, err := conn.Channel()
	if err != nil {
		_ = conn.Close() // the first error says more
		return fmt.Errorf("open a channel at the traffic manager's broker: %w", err)
	}
	t.conn, t.channel = conn, channel
	return nil
}

// close ends the connection. What it would tell is of no use any more.
func (t *topic) close() {
	if t.conn != nil {
		_ = t.conn.Close()
	}
	t.conn, t.channel = nil, nil
}
