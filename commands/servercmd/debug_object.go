package servercmd

import (
	"fmt"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

// peek fills v with the value of a key without that counting as an access.
func peek(c *command.Context, key []byte, v *datatypes.Value) bool {
	tx := c.Tx
	touch, stats := tx.NoTouch, tx.NoStats
	tx.NoTouch, tx.NoStats = true, true
	ok := tx.Lookup(key, v)
	tx.NoTouch, tx.NoStats = touch, stats
	return ok
}

// encodingName returns the name of the value's encoding.
func encodingName(v *datatypes.Value) string {
	return keycmd.EncodingName(v)
}

func debugObject(c *command.Context) error {
	key := c.Args.Bytes()
	if c.Args.More() && !c.Args.Word("fast") {
		return unknownDebug([]byte("OBJECT"))
	}
	mode := c.Tx.Expired
	c.Tx.Expired = keyspace.ShowExpired // as long as it is there
	defer func() { c.Tx.Expired = mode }()
	var v datatypes.Value
	if !peek(c, key, &v) {
		return command.ErrNoSuchKey
	}
	size, _ := c.Tx.SizeOf(key)
	idle, _, _ := c.Tx.Access(key)
	clock := (c.Tx.NowMs()/1000 - idle) & (1<<24 - 1)
	c.Reply.Status(fmt.Sprintf("Value at:0x%012x refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		c.Services.Store.ShardOf(key)+1, encodingName(&v), serializedLen(&v, size), clock, idle))
	return nil
}

// serializedLen returns the length of the value in an RDB file: exact for strings, else
// the bytes that it takes in memory.
func serializedLen(v *datatypes.Value, size int) int {
	if v.Kind != datatypes.String {
		return size
	}
	s := str.String{}.Of(v)
	if n, err := s.Int(); err == nil && s.EncodingName() == "int" {
		switch {
		case n == int64(int8(n)):
			return 2
		case n == int64(int16(n)):
			return 3
		case n == int64(int32(n)):
			return 5
		}
	}
	switch n := s.Len(); {
	case n < 1<<6:
		return 1 + n
	case n < 1<<14:
		return 2 + n
	default:
		return 5 + n
	}
}

func debugSDSLen(c *command.Context) error {
	key := c.Args.Bytes()
	var v datatypes.Value
	if !peek(c, key, &v) {
		return command.ErrNoSuchKey
	}
	if v.Kind != datatypes.String || encodingName(&v) == "int" {
		return command.Errorf("Not an sds encoded string.")
	}
	n := str.String{}.Of(&v).Len()
	c.Reply.Status(fmt.Sprintf("key_sds_len:%d, key_sds_avail:0, key_zmalloc: %d, val_sds_len:%d, val_sds_avail:0, val_zmalloc: %d",
		len(key), len(key), n, n))
	return nil
}

func debugListpack(c *command.Context) error {
	var v datatypes.Value
	if !peek(c, c.Args.Bytes(), &v) {
		return command.ErrNoSuchKey
	}
	if encodingName(&v) != "listpack" {
		return command.Errorf("Not a listpack encoded object.")
	}
	c.Reply.Status("Listpack structure printed on stdout")
	return nil
}

func debugStructSize(c *command.Context) error {
	c.Reply.Status(fmt.Sprintf("bits:%d slot:8 record:8", strconv.IntSize))
	return nil
}

// debugHTStats tells the figures of a database's index in the words of other servers.
func debugHTStats(c *command.Context) error {
	db := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	if db < 0 || db >= int64(c.Services.Store.Databases()) {
		return command.Errorf("Out of range database")
	}
	f := c.Tx.Database(int(db))
	c.Reply.Verbatim("txt", "[Dictionary HT]\n"+tableText(f.Keys, f.Index/8)+"[Expires HT]\n"+tableText(f.Expires, f.Expires))
	return nil
}

func tableText(n, slots int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("Hash table 0 stats (main hash table):\n table size: %d\n number of elements: %d\n", slots, n)
}

func debugHTStatsKey(c *command.Context) error {
	var v datatypes.Value
	if !peek(c, c.Args.Bytes(), &v) {
		return command.ErrNoSuchKey
	}
	if encodingName(&v) != "hashtable" && encodingName(&v) != "skiplist" {
		return command.Errorf("The value stored at the specified key is not represented using an hash table")
	}
	c.Reply.Verbatim("txt", "Hash table 0 stats (main hash table):\n")
	return nil
}
