package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Churn tells what is left of memory by changes: two million keys are overwritten three
// times at random with values of 8 to 120 bytes, then half of them are deleted, and the
// resident memory is set beside that of a fresh server with the same data.
func Churn(o Options) error {
	const keys = 2_000_000
	fmt.Fprintf(o.Out, "%-14s | %12s | %12s | ratio\n", "churn", "churned MB", "fresh MB")
	for _, p := range binaries(o) {
		last := make([]int, keys) // of each key: the number of the write that made it
		filler := strings.Repeat("x", 120)
		set := func(k, write int) []string {
			return []string{"SET", key(k), filler[:8+mix(write)%113]}
		}
		churned, err := grown(p, func(r *Running) error {
			write := func(i int) []string {
				k := i
				if i >= keys {
					k = int(mix(-i) % keys)
				}
				last[k] = i
				return set(k, i)
			}
			if err := r.pipe(4*keys, write); err != nil {
				return err
			}
			return r.pipe(keys/2, func(i int) []string { return []string{"DEL", key(2 * i)} })
		})
		if err != nil {
			return err
		}
		fresh, err := grown(p, func(r *Running) error {
			return r.pipe(keys/2, func(i int) []string { return set(2*i+1, last[2*i+1]) })
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(o.Out, "%-14s | %12s | %12s | %.2f\n", p.Name, megabytes(churned), megabytes(fresh), float64(churned)/float64(fresh))
	}
	return nil
}

func megabytes(n int) string { return strconv.Itoa(n >> 20) }

// churnSettle is how long a server may take to give back what deletions have freed.
const churnSettle = 10 * time.Second

// grown returns by how many bytes fn makes the resident memory of a new server grow.
func grown(p Program, fn func(*Running) error) (int, error) {
	r, err := p.Start()
	if err != nil {
		return 0, err
	}
	defer r.Stop()
	before, err := r.rss()
	if err != nil {
		return 0, err
	}
	if err := fn(r); err != nil {
		return 0, err
	}
	time.Sleep(churnSettle)
	after, err := r.rss()
	return int(after - before), err
}
