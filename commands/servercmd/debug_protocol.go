package servercmd

import "github.com/medleydb/medley/commands/command"

// debugProtocol answers a value of each type of the protocol, the ones that other
// servers answer: clients test themselves by it.
func debugProtocol(c *command.Context) error {
	r, resp3 := c.Reply, c.Session.Proto == 3
	switch a := &c.Args; {
	case a.Word("string"):
		r.BulkString("Hello World")
	case a.Word("integer"):
		r.Int(12345)
	case a.Word("double"):
		r.Double(3.141)
	case a.Word("null"):
		r.Null()
	case a.Word("array"):
		r.Array(3)
		count3(r)
	case a.Word("set"):
		r.Set(3)
		count3(r)
	case a.Word("map"):
		r.Map(3)
		for i := range int64(3) {
			r.Int(i)
			r.Bool(i == 1)
		}
	case a.Word("attrib"):
		if resp3 {
			r.Attr(1)
			r.BulkString("key-popularity")
			r.Array(2)
			r.BulkString("key:123")
			r.Int(90)
		}
		// Attributes stand in front of a reply.
		r.BulkString("Some real reply following the attribute")
	case a.Word("push"):
		if !resp3 {
			return command.Errorf("RESP2 is not supported by this command")
		}
		r.BulkString("Some real reply following the push reply")
		r.Push(2)
		r.BulkString("server-cpu-usage")
		r.Int(42)
	case a.Word("true"):
		r.Bool(true)
	case a.Word("false"):
		r.Bool(false)
	case a.Word("verbatim"):
		r.Verbatim("txt", "This is a verbatim\nstring")
	case a.Word("bignum"):
		r.BigNumber("1234567999999999999999999999999999999")
	default:
		return command.Errorf("Wrong protocol type name. Please use one of the following: " +
			"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
	return nil
}

func count3(r command.Reply) {
	for i := range int64(3) {
		r.Int(i)
	}
}
