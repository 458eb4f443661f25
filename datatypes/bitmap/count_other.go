//go:build !amd64

package bitmap

const wideBlock = 256

var countWide func(p *byte, blocks int) int64
