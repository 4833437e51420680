// Package store keeps events and what became of them in ClickHouse, embedded
// or external, always over its HTTP interface: it applies the migrations,
// writes the bus's streams into tables exactly once, and answers questions by
// queries that lie in .sql files.
//
// It may import event, finding and block, the migrations, and clickhouse-go,
// which no other package may. It never decides what is done about what it
// stores, and nothing waits for it: while the store is away, the bus holds
// what is to be written.
package store
