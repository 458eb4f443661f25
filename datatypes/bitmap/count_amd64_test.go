package bitmap

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/cpu"
)

// The loops over wide registers count what the one over words does.
func TestCountWide(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 40*wideBlock+7)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	for name, c := range map[string]struct {
		has   bool
		count func(p *byte, blocks int) int64
	}{
		"AVX2":    {cpu.X86.HasAVX2, countAVX2},
		"AVX-512": {cpu.X86.HasAVX512F && cpu.X86.HasAVX512VPOPCNTDQ, countVPOPCNT},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.has {
				t.Skip("not on this processor")
			}
			for blocks := 1; blocks <= 40; blocks++ {
				for from := range 7 {
					q := p[from : from+blocks*wideBlock]
					if got, want := c.count(&q[0], blocks), countWords(q); got != want {
						t.Fatalf("%d blocks from byte %d: %d, want %d", blocks, from, got, want)
					}
				}
			}
		})
	}
}
