// Package diff sends the same random commands to two servers and compares every
// reply, and at the end every key. The first difference is shrunk to a short
// case script.
//
// A stream is made from a seed before anything is sent, so that it can be played
// again, whole or in part: commands of a few families, over few keys and values,
// so that they meet; valid ones and spoiled ones; pipelines; and
// MULTI, EXEC and WATCH on several connections.
//
// What depends on the clock is kept apart by construction: every relative time of a
// stream is used once, and no two lie within ten seconds, so that GT and LT decide
// alike on both servers; replies that tell a time are compared with some slack.
package diff
