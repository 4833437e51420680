// Package embedded runs ClickHouse's engine beside the service: no server to
// install, the same SQL, the same driver.
//
// It has two sides. The parent side, Engine, starts a child process, restarts
// it when it dies, and tells where it listens. The child side, RunChild, loads
// libchdb, opens the data directory and serves ClickHouse's HTTP interface on
// loopback. They are apart because a crash of the engine, which is C++ in the
// same address space, must not take the service with it.
//
// The child ends when its standard input closes, so that it never outlives
// its parent. Where the kernel has Landlock, the child confines itself to its
// data directory and to answering: the engine then can read no other file,
// start no program and open no connection, whatever SQL asks for.
//
// It may import its own sub-packages, golang.org/x/sys and the standard
// library. It knows nothing of tables, migrations or the product's schema.
package embedded
