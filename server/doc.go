// Package server is everything at the edge of the engine: connections, listeners and
// their limits.
package server
