package servercmd

import (
	"math/bits"
	"strconv"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/zset"
)

// keySizes is the section of INFO that tells how long values are. Servers of the field keep
// count whenever a value changes; here nothing is counted until someone asks, and then all
// values are looked at, a shard at a time. So only those get the section who name it.
const keySizes = "keysizes"

// sizedKinds are the kinds of the histograms, in their order, and what they count.
var sizedKinds = [...]struct {
	kind  datatypes.Kind
	field string
}{
	{datatypes.String, "distrib_strings_sizes"},
	{datatypes.List, "distrib_lists_items"},
	{datatypes.Set, "distrib_sets_items"},
	{datatypes.ZSet, "distrib_zsets_items"},
	{datatypes.Hash, "distrib_hashes_items"},
}

// A sizeHistogram counts values by length: bin 0 is for 0, bin i for lengths from 1<<(i-1)
// to just under 1<<i.
type sizeHistogram [64]int64

func (h *sizeHistogram) add(n int) { h[bits.Len(uint(n))]++ }

// text returns the bins that are not empty: 4=2,1K=1.
func (h *sizeHistogram) text() (b []byte) {
	for i, n := range h {
		if n == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(appendBin(b, i), '=')
		b = strconv.AppendInt(b, n, 10)
	}
	return b
}

// appendBin appends the least length of a bin.
func appendBin(b []byte, i int) []byte {
	if i == 0 {
		return append(b, '0')
	}
	unit := (i - 1) / 10
	b = strconv.AppendInt(b, 1<<((i-1)%10), 10)
	if unit > 0 {
		b = append(b, "KMGTPE"[unit-1])
	}
	return b
}

func (r *report) keySizes() {
	tx := r.c.Tx
	here := tx.DB
	defer func() { tx.DB = here }()
	for db := range r.svc.Store.Databases() {
		tx.DB = db
		var sizes [len(sizedKinds)]sizeHistogram
		tx.EachValue(func(v *datatypes.Value) {
			for i := range sizedKinds {
				if sizedKinds[i].kind != v.Kind {
					continue
				}
				// A collection whose members have all expired is as good as gone.
				if n := lengthOf(v); n > 0 || v.Kind == datatypes.String {
					sizes[i].add(n)
				}
			}
		})
		for i := range sizes {
			if text := sizes[i].text(); len(text) > 0 {
				r.str("db"+strconv.Itoa(db)+"_"+sizedKinds[i].field, string(text))
			}
		}
	}
}

// lengthOf returns the bytes of a string, or the elements of a collection.
func lengthOf(v *datatypes.Value) int {
	switch v.Kind {
	case datatypes.String:
		return int(str.String{}.Of(v).Len())
	case datatypes.List:
		return list.List{}.Of(v).Len()
	case datatypes.Set:
		return set.Set{}.Of(v).Len()
	case datatypes.ZSet:
		return zset.ZSet{}.Of(v).Len()
	case datatypes.Hash:
		return hash.Hash{}.Of(v).Len()
	}
	return 0
}
