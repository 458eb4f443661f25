// Package pubsubcmd has the commands of pub/sub. Who is subscribed to what, and how a
// message reaches its sessions, is command.Hub's.
package pubsubcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&subscribe, &unsubscribe, &psubscribe, &punsubscribe, &ssubscribe, &sunsubscribe,
		&publish, &spublish, &pubsub,
	}
}

const (
	anyTime   = command.PubSub | command.Loading | command.Stale
	listening = anyTime | command.NoScript | command.Sentinel
)

var subscribe = command.Spec{
	Name: "subscribe", Group: command.GroupPubSub, Since: "2.0.0", Arity: -2,
	Summary: "Subscribes the connection to channels.", Syntax: "channel [channel ...]", Complexity: "O(N) in the number of channels",
	Flags: listening,
	Run:   func(c *command.Context) error { return begin(c, command.Channels) },
}

var unsubscribe = command.Spec{
	Name: "unsubscribe", Group: command.GroupPubSub, Since: "2.0.0", Arity: -1,
	Summary: "Ends subscriptions to channels, or to all.", Syntax: "[channel [channel ...]]", Complexity: "O(N) in the number of channels",
	Flags: listening,
	Run:   func(c *command.Context) error { return end(c, command.Channels) },
}

var psubscribe = command.Spec{
	Name: "psubscribe", Group: command.GroupPubSub, Since: "2.0.0", Arity: -2,
	Summary: "Subscribes the connection to all channels that match patterns.", Syntax: "pattern [pattern ...]", Complexity: "O(N) in the number of patterns",
	Flags: listening,
	Run:   func(c *command.Context) error { return begin(c, command.Patterns) },
}

var punsubscribe = command.Spec{
	Name: "punsubscribe", Group: command.GroupPubSub, Since: "2.0.0", Arity: -1,
	Summary: "Ends subscriptions to patterns, or to all.", Syntax: "[pattern [pattern ...]]", Complexity: "O(N) in the number of patterns",
	Flags: listening,
	Run:   func(c *command.Context) error { return end(c, command.Patterns) },
}

var ssubscribe = command.Spec{
	Name: "ssubscribe", Group: command.GroupPubSub, Since: "7.0.0", Arity: -2,
	Summary: "Subscribes the connection to shard channels.", Syntax: "shardchannel [shardchannel ...]", Complexity: "O(N) in the number of channels",
	Flags: anyTime | command.NoScript,
	Keys:  []command.KeySpec{command.KeyRange(1, -1, 1, command.NotKey)},
	Run:   func(c *command.Context) error { return begin(c, command.ShardChannels) },
}

var sunsubscribe = command.Spec{
	Name: "sunsubscribe", Group: command.GroupPubSub, Since: "7.0.0", Arity: -1,
	Summary: "Ends subscriptions to shard channels, or to all.", Syntax: "[shardchannel [shardchannel ...]]", Complexity: "O(N) in the number of channels",
	Flags: anyTime | command.NoScript,
	Keys:  []command.KeySpec{command.KeyRange(1, -1, 1, command.NotKey)},
	Run:   func(c *command.Context) error { return end(c, command.ShardChannels) },
}

// begin subscribes to what the arguments name. Each name is confirmed by a message of
// its own, which keeps its place among the others; only within EXEC the confirmations are
// part of the reply.
func begin(c *command.Context, k command.Topic) error {
	for _, name := range c.Args.Rest() {
		v := c.Services.Hub.Subscribe(c.Session, k, name, !c.Nested)
		if c.Nested {
			command.Replay(c.Reply, v)
		}
	}
	return nil
}

// end ends the subscriptions that the arguments name, or all.
func end(c *command.Context, k command.Topic) error {
	names := c.Args.Rest()
	if len(names) == 0 {
		for _, name := range c.Session.Subscribed(k) {
			names = append(names, []byte(name))
		}
	}
	if len(names) == 0 {
		names = [][]byte{nil}
	}

	for _, name := range names {
		v := c.Services.Hub.Unsubscribe(c.Session, k, name, !c.Nested)
		if c.Nested {
			command.Replay(c.Reply, v)
		}
	}
	return nil
}

var publish = command.Spec{
	Name: "publish", Group: command.GroupPubSub, Since: "2.0.0", Arity: 3,
	Summary: "Sends a message to the subscribers of a channel.", Syntax: "channel message",
	Complexity: "O(N+M) in the subscribers of the channel and in all patterns",
	Flags:      anyTime | command.Fast | command.MayReplicate | command.Sentinel,
	Run: func(c *command.Context) error {
		channel, message := c.Args.Bytes(), c.Args.Bytes()
		c.Reply.Int(int64(c.Services.Hub.Publish(channel, message)))
		if c.Services.Primary.Followed() {
			c.Tx.Pass(c.Argv()...)
		}
		return nil
	},
}

var spublish = command.Spec{
	Name: "spublish", Group: command.GroupPubSub, Since: "7.0.0", Arity: 3,
	Summary: "Sends a message to the subscribers of a shard channel.", Syntax: "shardchannel message",
	Complexity: "O(N) in the subscribers of the channel",
	Flags:      anyTime | command.Fast | command.MayReplicate,
	Keys:       []command.KeySpec{command.Key(1, command.NotKey)},
	Run: func(c *command.Context) error {
		channel, message := c.Args.Bytes(), c.Args.Bytes()
		c.Reply.Int(int64(c.Services.Hub.PublishShard(channel, message)))
		if c.Services.Primary.Followed() {
			c.Tx.Pass(c.Argv()...)
		}
		return nil
	},
}

var pubsub = command.Spec{
	Name: "pubsub", Group: command.GroupPubSub, Since: "2.8.0", Arity: -2,
	Summary: "Shows who is subscribed to what.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&channels, &help, &numPat, &numSub, &shardChannels, &shardNumSub},
}

var channels = command.Spec{
	Name: "channels", Since: "2.8.0", Arity: -2,
	Summary: "Lists the channels that have subscribers.", Syntax: "[pattern]", Complexity: "O(N) in the number of channels",
	Flags: anyTime,
	Run:   func(c *command.Context) error { return list(c, command.Channels) },
}

var shardChannels = command.Spec{
	Name: "shardchannels", Since: "7.0.0", Arity: -2,
	Summary: "Lists the shard channels that have subscribers.", Syntax: "[pattern]", Complexity: "O(N) in the number of channels",
	Flags: anyTime,
	Run:   func(c *command.Context) error { return list(c, command.ShardChannels) },
}

func list(c *command.Context, k command.Topic) error {
	pattern := c.Args.Rest()
	if len(pattern) > 1 {
		return c.SubcommandError()
	}

	var names []string
	if len(pattern) == 0 {
		names = c.Services.Hub.Names(k, nil)
	} else {
		names = c.Services.Hub.Names(k, pattern[0])
	}

	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
	return nil
}

var numSub = command.Spec{
	Name: "numsub", Since: "2.8.0", Arity: -2,
	Summary: "Counts the subscribers of channels.", Syntax: "[channel [channel ...]]", Complexity: "O(N) in the number of channels",
	Flags: anyTime,
	Run:   func(c *command.Context) error { return count(c, command.Channels) },
}

var shardNumSub = command.Spec{
	Name: "shardnumsub", Since: "7.0.0", Arity: -2,
	Summary: "Counts the subscribers of shard channels.", Syntax: "[shardchannel [shardchannel ...]]", Complexity: "O(N) in the number of channels",
	Flags: anyTime,
	Run:   func(c *command.Context) error { return count(c, command.ShardChannels) },
}

func count(c *command.Context, k command.Topic) error {
	names := c.Args.Rest()
	c.Reply.Array(2 * len(names))
	for _, name := range names {
		c.Reply.Bulk(name)
		c.Reply.Int(int64(c.Services.Hub.Subscribers(k, name)))
	}
	return nil
}

var numPat = command.Spec{
	Name: "numpat", Since: "2.8.0", Arity: 2,
	Summary: "Counts the patterns that have subscribers.", Complexity: "O(1)",
	Flags: anyTime,
	Run: func(c *command.Context) error {
		c.Reply.Int(int64(c.Services.Hub.Count(command.Patterns)))
		return nil
	},
}

var help = command.Spec{
	Name: "help", Since: "6.2.0", Arity: 2,
	Summary: "Lists the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale, Categories: []string{command.NoGroup},
	Run: command.Help,
}
