// Package embedded runs the bus inside the service: a NATS server with
// JetStream, durable and encrypted at rest, that the service reaches in
// process and that agents reach over TLS, each in an account of its own. With
// an external cluster the same server keeps the agents and joins the cluster
// as a leaf node; then the cluster keeps the streams.
//
// It is the only package of the product that imports nats-server. It knows
// which subjects an agent may reach, and nothing about what is said on them:
// streams, blocks and the registry of agents belong to package bus.
package embedded
