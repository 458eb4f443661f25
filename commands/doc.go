// Package commands is the engine: Open, Do, sessions, and the one pipeline by which
// every caller's commands run (Executor). The commands themselves stand in the
// packages below, one per family; their contract is package command.
package commands
