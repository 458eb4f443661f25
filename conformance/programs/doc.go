// Package programs runs whole programs on Medley: workers of the job queues asynq (Go) and
// BullMQ (Node, folder bullmq) process jobs that fail, are tried again, and are due later. It
// is a module of its own, so that what those drag in stays out of Medley's.
package programs
