// Package rdb reads and writes the RDB format of Redis and Valkey: whole files, and the
// payloads of DUMP and RESTORE. It knows values by the handles of datatypes, and neither
// commands nor stores.
//
//	w := rdb.NewWriter(file, rdb.Options{Version: 11})
//	w.Aux("redis-ver", "8.0.6")
//	w.Key(0, key, value, rdb.Meta{ExpiryMs: ms})
//	err := w.Close()
//
//	r, err := rdb.NewReader(file, rdb.Lenient{})
//	for {
//		item, err := r.Next() // io.EOF behind the last
//		if item.Op == rdb.OpKey { err = r.Load(value) }
//	}
//
// # The format
//
// A file is the word REDIS, or since Valkey 9 VALKEY, and the version in digits, nine
// bytes together; operations, each a byte and what belongs to it; and a checksum of all
// of that (CRC-64 of Jones's polynomial, little endian; zero for none). A byte that is no
// operation is the type of a key's value, and key and value follow.
//
// A length takes 1, 2, 5 or 9 bytes, which its two highest bits tell. Where these are
// both set the string that would follow is a number of 1, 2 or 4 bytes, or compressed
// with LZF. A value is a length and so many strings, or one string that is the memory
// of one of the small forms that servers have had over the years: zipmap, ziplist, intset,
// listpack.
//
// A payload is the type, the value, two bytes of version, and the checksum.
//
// # What is written
//
// Collections are written element by element, never as listpacks, in the types that
// have been read by every version since Redis 4. A loader brings them to what form it
// likes; a string in a file takes one byte beside its text where in a listpack it
// takes two; and nothing is held in memory but one element. The price is that a listpack
// would be compressed as a whole. Streams have no other form, and are written as listpacks.
//
// A payload says the lowest version in which its type occurs, so that older servers take
// what they can read.
//
// # What no other server has
//
// Sets and sorted sets with members that go by themselves, sparse bitmaps, and streams that
// remember names of entries or have pending entries of nobody are written as types from
// 192 on. Types of the field count up from 0, operations down from 255, and a loader
// that meets a byte that it does not know stops with an error that tells it. Such a value
// that has none of this is written as any other.
//
// # Hostile input
//
// Nothing is allocated because a length says so: memory grows with the bytes that have
// come, and what is compressed is passed once to see how long it becomes before there is room
// for it. Every small form is checked as it is passed.
package rdb
