package bench

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A memoryLoad fills a server with n elements.
type memoryLoad struct {
	name    string
	sizes   []int
	command func(i int) []string
}

func memoryLoads() []memoryLoad {
	sizes := []int{1_400_000, 2_000_000, 2_800_000, 4_000_000}
	value := "0123456789abcdef0123456789abcdef"
	return []memoryLoad{
		{"string 32 B", sizes, func(i int) []string { return []string{"SET", key(i), value} }},
		{"with a TTL", sizes, func(i int) []string { return []string{"SET", key(i), value, "EX", "1000000"} }},
		{"stream entry", million, func(i int) []string {
			return []string{"XADD", "s", strconv.Itoa(1_700_000_000_000 + i), "temperature", strconv.Itoa(i % 100), "state", "1"}
		}},
		// Streams of one entry each.
		{"small stream", []int{200_000}, func(i int) []string {
			return []string{"XADD", key(i), "1700000000000-1", "temperature", "21", "state", "1"}
		}},
		{"integer", sizes, func(i int) []string { return []string{"SET", key(i), strconv.Itoa(i)} }},
		{"hash field", million, func(i int) []string { return []string{"HSET", "h", number("field", i), number("value", i)} }},
		{"zset member", million, func(i int) []string { return []string{"ZADD", "z", strconv.Itoa(i), number("member", i)} }},
		{"set member", million, func(i int) []string { return []string{"SADD", "s", number("member", i)} }},
		{"list element", million, func(i int) []string { return []string{"RPUSH", "l", number("element", i)} }},
		{"multiples of 3", million, func(i int) []string { return []string{"SADD", "s", strconv.Itoa(3 * i)} }},
		{"63-bit numbers", million, func(i int) []string { return []string{"SADD", "s", strconv.FormatUint(mix(i)>>1, 10)} }},
		// Ten a second, as snowflake IDs have it: milliseconds in front of 22 bits.
		{"snowflake IDs", million, func(i int) []string { return []string{"SADD", "s", strconv.Itoa((1_700_000_000_000 + 100*i) << 22)} }},
		{"hash of 5", []int{500_000}, func(i int) []string { return pairs([]string{"HSET", key(i)}, 5) }},
		{"hash of 200", []int{100_000}, func(i int) []string { return pairs([]string{"HSET", key(i)}, 200) }},
		{"set of 200", []int{100_000}, func(i int) []string {
			args := []string{"SADD", key(i)}
			for j := range 200 {
				args = append(args, number("member", j))
			}
			return args
		}},
		{"zset of 200", []int{100_000}, func(i int) []string {
			args := []string{"ZADD", key(i)}
			for j := range 200 {
				args = append(args, strconv.Itoa(j), number("member", j))
			}
			return args
		}},
	}
}

var million = []int{1_000_000}

// number names the i-th of something.
func number(what string, i int) string { return fmt.Sprintf("%s:%010d", what, i) }

// mix returns the i-th of numbers that look random (the finaliser of SplitMix64).
func mix(i int) uint64 {
	z := uint64(i) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// pairs appends n small fields with their values.
func pairs(args []string, n int) []string {
	for j := range n {
		args = append(args, "f"+strconv.Itoa(j), "value"+strconv.Itoa(j))
	}
	return args
}

// settle is how long a server may take to give back what it needed while loading.
const settle = time.Second

func compareMemory(o Options, programs []Program) error {
	fmt.Fprintf(o.Out, "\n%-14s %10s", "memory", "elements")
	for _, p := range programs {
		fmt.Fprintf(o.Out, " | %6s B/el", p.Name)
	}
	fmt.Fprintln(o.Out)
	for _, l := range memoryLoads() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, l.name) {
			continue
		}
		sums := make([]float64, len(programs))
		for _, n := range l.sizes {
			fmt.Fprintf(o.Out, "%-14s %10d", l.name, n)
			for i, p := range programs {
				per, err := memoryOf(p, l, n)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", l.name, p.Name, err)
				}
				sums[i] += per
				fmt.Fprintf(o.Out, " | %11.1f", per)
			}
			fmt.Fprintln(o.Out)
		}
		fmt.Fprintf(o.Out, "%-14s %10s", l.name, "mean")
		for _, sum := range sums {
			fmt.Fprintf(o.Out, " | %11.1f", sum/float64(len(l.sizes)))
		}
		fmt.Fprintln(o.Out)
	}
	return nil
}

// memoryOf returns the growth of resident memory in bytes per element.
func memoryOf(p Program, l memoryLoad, n int) (float64, error) {
	r, err := p.Start()
	if err != nil {
		return 0, err
	}
	defer r.Stop()
	before, err := r.rss()
	if err != nil {
		return 0, err
	}
	if err := r.pipe(n, l.command); err != nil {
		return 0, err
	}
	time.Sleep(settle)
	after, err := r.rss()
	return float64(after-before) / float64(n), err
}
