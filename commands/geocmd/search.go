package geocmd

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/geo"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

const (
	units     = "<M | KM | FT | MI>"
	countSort = "[COUNT count [ANY]] [ASC | DESC]"
	with      = "[WITHCOORD] [WITHDIST] [WITHHASH]"
	byShape   = "BYRADIUS radius " + units + " | BYBOX width height " + units +
		" | BYPOLYGON num-vertices longitude latitude [longitude latitude ...]"
	searchCost = "O(N+log M) in the points near the shape and those of the sorted set"
)

var geosearch = command.Spec{
	Name: "geosearch", Group: command.GroupGeo, Since: "6.2.0", Arity: -7,
	Summary: "Returns the points of a sorted set within a circle, a box or a polygon.",
	Syntax:  "key [FROMMEMBER member | FROMLONLAT longitude latitude] <" + byShape + "> [ASC | DESC] [COUNT count [ANY]] " + with, Complexity: searchCost,
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return run(c, &query{kind: search}) },
}

var geosearchstore = command.Spec{
	Name: "geosearchstore", Group: command.GroupGeo, Since: "6.2.0", Arity: -8,
	Summary: "Stores the points of a sorted set within a circle, a box or a polygon at a key, and counts them.",
	Syntax: "destination source [FROMMEMBER member | FROMLONLAT longitude latitude] <" + byShape +
		"> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]", Complexity: searchCost,
	Flags: writes,
	Keys:  []command.KeySpec{command.Key(1, command.OW|command.Update), command.Key(2, command.RO|command.Access)},
	Run:   func(c *command.Context) error { return run(c, &query{kind: searchStore}) },
}

// storing are the keys of a command with the options STORE and STOREDIST, which stand
// behind so many arguments.
func storing(from int) []command.KeySpec {
	return []command.KeySpec{
		command.Key(1, command.RO|command.Access),
		{Flags: command.OW | command.Update | command.VariableFlags, Keyword: "STORE", Begin: from, Step: 1},
		{Flags: command.OW | command.Update | command.VariableFlags, Keyword: "STOREDIST", Begin: from, Step: 1},
	}
}

var georadius = command.Spec{
	Name: "georadius", Group: command.GroupGeo, Since: "3.2.0", Arity: -6,
	Summary: "Returns the points of a sorted set within a circle, or stores them.",
	Syntax:  "key longitude latitude radius " + units + " " + with + " " + countSort + " [STORE key | STOREDIST key]", Complexity: searchCost,
	Flags: writes, Keys: storing(6),
	DeprecatedSince: "6.2.0", ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
	Run: func(c *command.Context) error { return run(c, &query{kind: radius}) },
}

var georadiusRO = command.Spec{
	Name: "georadius_ro", Group: command.GroupGeo, Since: "3.2.10", Arity: -6,
	Summary: "Returns the points of a sorted set within a circle.",
	Syntax:  "key longitude latitude radius " + units + " " + with + " " + countSort, Complexity: searchCost,
	Flags: reads, Keys: one(command.RO | command.Access),
	DeprecatedSince: "6.2.0", ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` argument",
	Run: func(c *command.Context) error { return run(c, &query{kind: radius, readOnly: true}) },
}

var georadiusbymember = command.Spec{
	Name: "georadiusbymember", Group: command.GroupGeo, Since: "3.2.0", Arity: -5,
	Summary: "Returns the points of a sorted set within a circle around one of them, or stores them.",
	Syntax:  "key member radius " + units + " " + with + " " + countSort + " [STORE key | STOREDIST key]", Complexity: searchCost,
	Flags: writes, Keys: storing(5),
	DeprecatedSince: "6.2.0", ReplacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
	Run: func(c *command.Context) error { return run(c, &query{kind: radiusMember}) },
}

var georadiusbymemberRO = command.Spec{
	Name: "georadiusbymember_ro", Group: command.GroupGeo, Since: "3.2.10", Arity: -5,
	Summary: "Returns the points of a sorted set within a circle around one of them.",
	Syntax:  "key member radius " + units + " " + with + " " + countSort, Complexity: searchCost,
	Flags: reads, Keys: one(command.RO | command.Access),
	DeprecatedSince: "6.2.0", ReplacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
	Run: func(c *command.Context) error { return run(c, &query{kind: radiusMember, readOnly: true}) },
}

// run is every search. The sorted set is looked up before the arguments are read, as
// servers of the field do.
func run(c *command.Context, q *query) (err error) {
	q.name = c.Argv()[0]
	if q.kind == searchStore {
		q.storeKey = c.Args.Key()
	}
	if q.z, q.exists, err = read(c, c.Args.Key()); err != nil {
		return err
	}
	if err := q.parse(c); err != nil {
		return err
	}
	if q.storeKey != nil && !c.Tx.Held(c.Services.Store.ShardOf(q.storeKey)) {
		return command.ErrSyntax // STORE as the name of a key has hidden another
	}

	r := q.run()
	defer r.done()

	if q.storeKey != nil {
		q.store(c, r)
		return nil
	}
	q.reply(c, r)
	return nil
}

// store makes what was found the value of the key, whatever that held, and replies how many
// points there are. Without any the key goes.
func (q *query) store(c *command.Context, r *results) {
	key := q.storeKey
	if len(r.list) == 0 {
		if c.Tx.Delete(key) {
			c.Changed(key, keyspace.EvDel)
		}
		c.Reply.Int(0)
		return
	}
	// Copied first: the key may be that of the points.
	var members [][]byte
	r.each(func(_ *geo.Match, member []byte) { members = append(members, bytes.Clone(member)) })
	z := keyspace.Create[zset.ZSet](c.Tx, key, 0)
	z.Clear()
	for i, m := range r.list {
		score := m.Score
		if q.storeDist {
			score = m.Distance
		}
		z.Add(members[i], score, 0)
	}
	if q.kind == searchStore {
		c.Changed(key, keyspace.EvGeoSearchStore)
	} else {
		c.Changed(key, keyspace.EvGeoRadiusStore)
	}
	c.Reply.Int(int64(len(r.list)))
}
