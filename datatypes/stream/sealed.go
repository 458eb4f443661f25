package stream

import (
	"unsafe"

	"github.com/tidwall/btree"
)

const (
	// treeDegree is half the most children of a node of the trees. Above 128 the
	// tree's DeleteAt fails.
	treeDegree = 32
	// treeItemBytes is what the tree takes for a pointer, its nodes being about two
	// thirds full. It does not tell its size.
	treeItemBytes = 12
	treeBytes     = int(unsafe.Sizeof(btree.BTreeG[*block]{})) + 64
	sealedBytes   = int(unsafe.Sizeof(sealed{})) + treeBytes
)

// sealed is the blocks of a stream but the last one: full ones, by their first ID. A
// stream of one block has none of this.
type sealed struct {
	tree  *btree.BTreeG[*block]
	probe block // what a search looks for
	found *block
	visit func(*block) bool // made once: one made for each search would cost an allocation
	spare []byte            // the room of the block sealed last, for the next one
}

func newSealed(tree *btree.BTreeG[*block]) *sealed {
	s := &sealed{tree: tree}
	s.visit = func(b *block) bool {
		s.found = b
		return false
	}
	return s
}

func newTree() *btree.BTreeG[*block] {
	less := func(a, b *block) bool { return a.key.Less(b.key) }
	return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: treeDegree})
}

// upTo returns the last block that begins at the ID or before, or nil.
func (s *sealed) upTo(id ID) *block {
	s.found, s.probe.key = nil, id
	s.tree.Descend(&s.probe, s.visit)
	return s.found
}

// from returns the first block that begins at the ID or behind, or nil.
func (s *sealed) from(id ID) *block {
	s.found, s.probe.key = nil, id
	s.tree.Ascend(&s.probe, s.visit)
	return s.found
}
