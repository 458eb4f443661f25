package command

const (
	// CompatVersion is the version of Redis whose behaviour Medley follows where
	// versions differ, and the one that clients are told: they choose by it what they
	// may use.
	CompatVersion = "8.0.6"
	// Version is Medley's own.
	Version = "0.1.0"
)
