package list

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func million() List {
	l := newList()
	for i := range 1000000 {
		l.Push(Tail, fmt.Appendf(nil, "element:%010d", i))
	}
	return l
}

func BenchmarkPushPop(b *testing.B) {
	l := newList()
	text, scratch := []byte("element:0000000001"), make([]byte, 20)
	for range 10000 {
		l.Push(Head, text)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.Push(Head, text)
		l.Pop(Tail, scratch)
	}
}

func BenchmarkPush(b *testing.B) {
	l := newList()
	text := []byte("element:0000000001")
	b.ReportAllocs()
	for b.Loop() {
		l.Push(Tail, text)
	}
}

func BenchmarkPushInteger(b *testing.B) {
	l := newList()
	text := []byte("1234567890")
	b.ReportAllocs()
	for b.Loop() {
		l.Push(Tail, text)
	}
}

func BenchmarkAtOfMillion(b *testing.B) {
	l, r := million(), rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		l.At(r.IntN(1000000), nil)
	}
}

func BenchmarkRange100(b *testing.B) {
	l, r := million(), rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for b.Loop() {
		c := l.Iter(r.IntN(999000), false)
		for k := 0; k < 100 && c.Next(); k++ {
			n += len(c.Bytes(nil))
		}
	}
}

func BenchmarkInsertIntoMillion(b *testing.B) {
	l, r := million(), rand.New(rand.NewPCG(1, 2))
	text := []byte("element:0000000001")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		l.Insert(r.IntN(1000000), text)
	}
}

func BenchmarkSetInMillion(b *testing.B) {
	l, r := million(), rand.New(rand.NewPCG(1, 2))
	text := []byte("element:0000000001")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		l.Set(r.IntN(1000000), text)
	}
}

func BenchmarkFindInMillion(b *testing.B) {
	l := million()
	text := []byte("element:not there.")
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if l.Index(text) >= 0 {
			b.Fatal("found")
		}
	}
}

func BenchmarkCloneMillion(b *testing.B) {
	l := million()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		l.v.Object.Clone()
	}
}
