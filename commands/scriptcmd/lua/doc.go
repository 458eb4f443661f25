// Package lua runs Lua 5.1 as servers of the field run it, on gopher-lua: the libraries that
// scripts find there (string, table, math, cjson, cmsgpack, struct, bit, ...), the sandbox, and
// the texts of errors. It knows nothing of keys or commands: who uses it adds a [Library].
//
// # How it comes to be equal
//
// gopher-lua is a virtual machine for nearly the same language. Where it differs, four things
// make it equal, none of them a change in the machine:
//
//   - Libraries are all our own. The machine's are not opened.
//   - Before it is compiled, the syntax tree is rewritten (rewrite.go). What the machine does
//     inside itself and differently, concatenation of numbers, %, ^ and the bounds of numeric
//     loops, becomes the call of a builtin. What the machine has beyond 5.1, goto, is
//     refused.
//   - Values that are no tables get metatables that no script sees (basic.go): arithmetic on
//     strings and the errors about nil go through them, at no cost to arithmetic on numbers.
//   - Errors that the machine words itself are reworded (explain.go), with the name of the
//     variable as the syntax tree tells it.
//
// # The sandbox
//
// The globals, and the tables of libraries, cannot be changed. A table of gopher-lua cannot be
// locked, so scripts are given a proxy: an empty table whose metatable reads from the true
// one and refuses to write. That would make every string.format dearer than it is in the
// machine; but since a library cannot change, the rewriter replaces what is read from
// one, and global functions, by upvalues that are bound once for each state. Only what looks a
// library up dynamically meets the proxy.
//
// # States
//
// A State is single-threaded and costs some 100 KB, so they are pooled. A compiled Chunk is
// shared by all; its closure is kept in each state. Nothing that a script does is seen by the
// next one: it has no place to leave it.
//
// # Interruption
//
// The machine looks at a context before each instruction, if it has one, which makes it
// slower by a third. A chunk that has no loop, no function and no pattern cannot run long, and is
// run without.
package lua
