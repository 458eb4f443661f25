// Package command is the contract between the engine and its commands: Spec,
// Context, Args, Reply and the error table.
package command
