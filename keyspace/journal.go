package keyspace

// An Effect is one deterministic command that repeats a change.
type Effect struct {
	DB   int
	Args [][]byte
	// Passing says that it changes nothing: it is for replicas, not for files.
	Passing bool
}

// A Journal is the one ordered log of effects. Append is called under the locks of
// the transaction, so the order of its calls is the commit order of every key;
// the batch is one contiguous entry (an EXEC or a script is several effects, bracketed
// when it is written), and its bytes are borrowed. It returns the offset behind the
// entry, which a reply gate can wait for. It must not block on a file or a peer.
type Journal interface {
	Append(batch []Effect) (offset int64)
}
