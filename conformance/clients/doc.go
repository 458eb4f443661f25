// Package clients holds Medley to what client libraries do by default: its tests use
// go-redis, and Node's ioredis and node-redis (folder node), as a program would.
package clients
