package netio

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring hands many calls to the system at once: the system's io_uring, as its manual page
// io_uring_enter(2) and include/uapi/linux/io_uring.h describe it. Calls that would have to wait
// fail, so that none is under way when run returns.
type ring struct {
	fd         int
	sqes       []sqe // calls, that at i in slot i
	cqes       []cqe // what they came to
	sq, cq     []byte
	head, tail *uint32 // of cqes: the next one to take, behind the last
	toSubmit   *uint32 // how many calls were handed over since the ring began
	taken      *uint32 // and how many of them the system has taken
	n          int     // calls that were added
}

// sqe is a call: struct io_uring_sqe.
type sqe struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off           uint64
	addr          uint64
	len           uint32
	callFlags     uint32
	user          uint64
	_             [3]uint64
}

// cqe is what a call came to: struct io_uring_cqe.
type cqe struct {
	user  uint64
	res   int32
	flags uint32
}

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32
	sq                                                                     struct{ head, tail, mask, entries, flags, dropped, array, _, _, _ uint32 }
	cq                                                                     struct{ head, tail, mask, entries, overflow, cqes, flags, _, _, _ uint32 }
}

const (
	ringSize = 128 // calls at once; a power of two

	opSend = 26 // IORING_OP_SEND

	// ringFeatures must be there: one mapping for both queues (IORING_FEAT_SINGLE_MMAP), and of
	// what came with Linux 5.13 (IORING_FEAT_RSRC_TAGS), before which MSG_DONTWAIT did not keep
	// every call from going on behind run.
	ringFeatures    = 1<<0 | 1<<10
	ringOffsetCalls = 0x10000000 // IORING_OFF_SQES
	ringEnterWait   = 1 << 0     // IORING_ENTER_GETEVENTS
)

// newRing returns a ring. Error: that of the system, which may be too old or not allow it.
func newRing() (*ring, error) {
	var p ringParams
	fd, _, errno := syscall.Syscall(unix.SYS_IO_URING_SETUP, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, errno
	}
	r := &ring{fd: int(fd)}
	if err := r.open(&p); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// open maps the ring's memory.
func (r *ring) open(p *ringParams) (err error) {
	if p.features&ringFeatures != ringFeatures || p.sqEntries != ringSize || p.cqEntries < ringSize {
		return unix.ENOSYS
	}
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	size := max(p.sq.array+4*p.sqEntries, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	if r.cq, err = unix.Mmap(r.fd, 0, int(size), prot, flags); err != nil {
		return err
	}
	if r.sq, err = unix.Mmap(r.fd, ringOffsetCalls, ringSize*int(unsafe.Sizeof(sqe{})), prot, flags); err != nil {
		return err
	}
	word := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.cq[offset])) }
	r.head, r.tail = word(p.cq.head), word(p.cq.tail)
	r.taken, r.toSubmit = word(p.sq.head), word(p.sq.tail)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.sq[0])), ringSize)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.cq[p.cq.cqes])), p.cqEntries)
	for i, slots := 0, unsafe.Slice(word(p.sq.array), ringSize); i < ringSize; i++ {
		slots[i] = uint32(i)
	}
	return nil
}

func (r *ring) close() {
	if r == nil {
		return
	}
	for _, m := range [][]byte{r.sq, r.cq} {
		if m != nil {
			unix.Munmap(m)
		}
	}
	unix.Close(r.fd)
}

// full reports whether no further call can be added.
func (r *ring) full() bool { return r.n == ringSize }

// send adds a call that writes buf, which has a byte at least and stays where it is until run, to the
// socket.
func (r *ring) send(fd int, buf []byte) {
	at := (*r.toSubmit + uint32(r.n)) % ringSize
	r.sqes[at] = sqe{
		opcode: opSend, fd: int32(fd), user: uint64(r.n),
		addr: uint64(uintptr(unsafe.Pointer(&buf[0]))), len: uint32(len(buf)),
		callFlags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL,
	}
	r.n++
}

// run makes the calls that were added and tells done what the i-th of them returned: the number of
// bytes, or the negative of an error. The system may refuse to take some: then done is not told of
// those, and they have not been made.
func (r *ring) run(done func(i int, res int32)) {
	n := r.n
	r.n = 0
	atomic.StoreUint32(r.toSubmit, *r.toSubmit+uint32(n))
	for left := n; left > 0; {
		waiting := *r.toSubmit - atomic.LoadUint32(r.taken)
		_, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(waiting), uintptr(left), ringEnterWait, 0, 0)
		if errno != 0 && errno != syscall.EINTR {
			taken := atomic.LoadUint32(r.taken)
			left -= int(*r.toSubmit - taken)
			atomic.StoreUint32(r.toSubmit, taken)
		}
		left -= r.take(done)
	}
}

// take takes what calls have come to, and returns of how many.
func (r *ring) take(done func(i int, res int32)) int {
	head, tail := *r.head, atomic.LoadUint32(r.tail)
	for i := head; i != tail; i++ {
		c := &r.cqes[i%uint32(len(r.cqes))]
		done(int(c.user), c.res)
	}
	atomic.StoreUint32(r.head, tail)
	return int(tail - head)
}
