package hashcmd_test

import (
	"testing"

	"github.com/medleydb/medley/conformance/stage"
)

// TestImport protects HIMPORT, which no server at hand answers.
func TestImport(t *testing.T) {
	stage.New(t).Check([]stage.Step{
		{"HIMPORT SET h f 1 2", "-ERR no such fieldset", "", ""},
		{"HIMPORT PREPARE f a a", "-ERR duplicate field name in the fieldset", "", ""},
		{"HIMPORT SET h f 1 2", "-ERR no such fieldset", "", ""},
		{"HIMPORT PREPARE f a b", "+OK", "", ""},
		{"HIMPORT SET h f 1 2", "+OK", "HSET h a 1 b 2", "hset:h"},
		{"HIMPORT SET h f 1", "-ERR value count does not match the number of fields in the fieldset", "", ""},
		{"HIMPORT SET h f 1 2 3", "-ERR value count does not match the number of fields in the fieldset", "", ""},
		{"HSETEX h EX 10 FIELDS 1 c 3", "1", "HSETEX h PXAT 1010000 FIELDS 1 c 3", "hset:h hexpire:h"},
		{"HIMPORT SET h f 3 4", "+OK", "DEL h | HSET h a 3 b 4", "overwritten:h hset:h"},
		{"HGETALL h", `{"a": "3", "b": "4"}`, "", ""},
		{"HTTL h FIELDS 1 a", "[-1]", "", ""},
		{"SET s x", "+OK", "SET s x", "set:s"},
		{"HIMPORT SET s f 1 2", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", ""},
		{"GET s", `"x"`, "", ""},
		{"HIMPORT PREPARE f x", "+OK", "", ""},
		{"HIMPORT SET h f 5", "+OK", "DEL h | HSET h x 5", "overwritten:h hset:h"},
		{`HIMPORT PREPARE "" ""`, "+OK", "", ""},
		{`HIMPORT SET e "" ""`, "+OK", "HSET e  ", "hset:e"},
		{"HIMPORT DISCARD nosuch", "0", "", ""},
		{"HIMPORT DISCARD f", "1", "", ""},
		{"HIMPORT SET h f 5", "-ERR no such fieldset", "", ""},
		{"HIMPORT DISCARDALL", "1", "", ""},
		{"HIMPORT DISCARDALL", "0", "", ""},
		{"HIMPORT X", "-ERR unknown subcommand 'X'. Try HIMPORT HELP.", "", ""},
	})
}
