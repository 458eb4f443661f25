// Package geocmd has the commands of points on the earth, which are members of sorted
// sets.
package geocmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/geo"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&geoadd, &geodist, &geohash, &geopos, &geosearch, &geosearchstore,
		&georadius, &georadiusRO, &georadiusbymember, &georadiusbymemberRO,
	}
}

// one is the key of a command on one sorted set.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const (
	reads  = command.ReadOnly
	writes = command.Write | command.DenyOOM
)

func read(c *command.Context, key []byte) (zset.ZSet, bool, error) {
	return keyspace.Read[zset.ZSet](c.Tx, key)
}

// point takes a longitude and a latitude.
func point(a *command.Args) (p geo.Point) {
	p = geo.Point{Lon: a.Float(), Lat: a.Float()}
	if a.Err() == nil && p.Valid() != nil {
		a.Fail(command.Errorf("invalid longitude,latitude pair %f,%f", p.Lon, p.Lat))
	}
	return p
}

var errUnit = command.Errorf("unsupported unit provided. please use M, KM, FT, MI")

// unit takes a unit of length and returns its metres.
func unit(a *command.Args) float64 {
	switch {
	case a.Word("M"):
		return 1
	case a.Word("KM"):
		return 1000
	case a.Word("FT"):
		return 0.3048
	case a.Word("MI"):
		return 1609.34
	}
	a.Fail(errUnit)
	return 1
}

// length takes a number that is not negative by itself; err is for what is no number.
func length(a *command.Args, err error) float64 {
	f, ok := datatypes.ParseFloat(a.Bytes())
	if !ok {
		a.Fail(err)
	}
	return f
}

// replyDistance replies a distance with four decimals.
func replyDistance(c *command.Context, f float64) {
	c.Reply.Bulk(strconv.AppendFloat(c.Scratch, f, 'f', 4, 64))
}

// replyPoint replies a longitude and a latitude.
func replyPoint(c *command.Context, p geo.Point) {
	c.Reply.Array(2)
	c.Reply.Double(p.Lon)
	c.Reply.Double(p.Lat)
}

var geoadd = command.Spec{
	Name: "geoadd", Group: command.GroupGeo, Since: "3.2.0", Arity: -5,
	Summary: "Adds points to a sorted set, or moves them.",
	Syntax:  "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]", Complexity: "O(log N) for each point",
	Flags: writes, Keys: one(command.RW | command.Update),
	Element: -1,
	Run:     runGeoAdd,
}

func runGeoAdd(c *command.Context) error {
	key := c.Args.Key()
	options := c.Args
	cond, change := zset.Conditions(0), false
	for more := true; more; {
		switch {
		case c.Args.Word("NX"):
			cond |= zset.IfNew
		case c.Args.Word("XX"):
			cond |= zset.IfExists
		case c.Args.Word("CH"):
			change = true
		default:
			more = false
		}
	}
	words := options.Take(options.Len() - c.Args.Len())
	n := c.Args.Len() / 3
	if c.Args.Len()%3 != 0 || n == 0 || cond == zset.IfNew|zset.IfExists {
		return command.ErrSyntax
	}
	points := c.Args
	for range n {
		point(&c.Args)
		c.Args.Bytes()
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	z, err := keyspace.Upsert[zset.ZSet](c.Tx, key)
	if err != nil {
		return err
	}
	var effect [][]byte
	if c.Tx.Recording() {
		effect = append(append(effect, key), words...)
	}
	added, updated := 0, 0
	empty := cond&zset.IfExists != 0 && !z.Value().Exists()
	for i := 0; i < n && !empty; i++ {
		score := point(&points).Score()
		member := points.Bytes()
		if effect != nil {
			effect = append(effect, strconv.AppendUint(nil, uint64(score), 10), member)
		}
		switch _, out := z.Add(member, score, cond); out {
		case zset.Added:
			added++
		case zset.Updated:
			updated++
		}
	}
	if added+updated > 0 {
		c.Changed(key, keyspace.EvZAdd)
		c.Effect("ZADD", effect...)
	}

	if change {
		added += updated
	}
	c.Reply.Int(int64(added))
	return nil
}

var geodist = command.Spec{
	Name: "geodist", Group: command.GroupGeo, Since: "3.2.0", Arity: -4,
	Summary: "Returns the distance between two points of a sorted set.",
	Syntax:  "key member1 member2 [M | KM | FT | MI]", Complexity: "O(1)",
	Flags: reads, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     runGeoDist,
}

func runGeoDist(c *command.Context) error {
	key, m1, m2, metres := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes(), 1.0
	if c.Args.Len() > 1 {
		return command.ErrSyntax
	}
	if c.Args.More() {
		metres = unit(&c.Args)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	z, _, err := read(c, key)
	if err != nil {
		return err
	}
	s1, ok1 := z.Score(m1)
	s2, ok2 := z.Score(m2)

	if !ok1 || !ok2 {
		c.Reply.Null()
		return nil
	}
	replyDistance(c, geo.Distance(geo.FromScore(s1), geo.FromScore(s2))/metres)
	return nil
}

var geohash = command.Spec{
	Name: "geohash", Group: command.GroupGeo, Since: "3.2.0", Arity: -2,
	Summary: "Returns geohashes of points of a sorted set as text.",
	Syntax:  "key [member [member ...]]", Complexity: "O(1) for each point",
	Flags: reads, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     runGeoHash,
}

func runGeoHash(c *command.Context) error {
	return replyEach(c, func(score float64) { c.Reply.Bulk(geo.AppendHash(c.Scratch, score)) }, c.Reply.Null)
}

// replyEach replies what found makes of each member's score, and what missing makes of
// those that are not there.
func replyEach(c *command.Context, found func(score float64), missing func()) error {
	key, members := c.Args.Key(), c.Args.Rest()

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	c.Reply.Array(len(members))
	for _, m := range members {
		if score, ok := z.Score(m); ok {
			found(score)
		} else {
			missing()
		}
	}
	return nil
}

var geopos = command.Spec{
	Name: "geopos", Group: command.GroupGeo, Since: "3.2.0", Arity: -2,
	Summary: "Returns longitudes and latitudes of points of a sorted set.",
	Syntax:  "key [member [member ...]]", Complexity: "O(1) for each point",
	Flags: reads, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     runGeoPos,
}

func runGeoPos(c *command.Context) error {
	return replyEach(c, func(score float64) { replyPoint(c, geo.FromScore(score)) }, c.Reply.NullArray)
}
