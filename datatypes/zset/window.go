package zset

// maxWindow is up to how many members a Window walks over.
const maxWindow = 1 << 10

// A Window is what a reader gets of a range of scores who skips some members and takes at most so
// many, backwards or not. A Span of them takes the search for two ranks, which costs more
// than to read a hundred members; a window that is small and near the range's beginning
// takes none. It is good until the sorted set changes.
type Window struct {
	z    ZSet
	rev  bool
	span Span // where from is not used
	walk bool
	from probe
	skip int
	n    int
}

// ScoreWindow returns the window of the range; skip is not negative, and take is for all
// where it is.
func (z ZSet) ScoreWindow(r ScoreRange, rev bool, skip, take int64) Window {
	w := Window{z: z, rev: rev}
	l := z.large()
	if l == nil || take < 0 || skip > maxWindow || take > maxWindow-skip {
		w.span = z.ScoreSpan(r).Limit(skip, take, rev)
		return w
	}
	if w.walk = true; take == 0 || r.empty() {
		return w
	}
	from, to := r.probes()
	if rev {
		from, to = to, from
	}
	w.from, w.skip = from, int(skip)
	left := int(skip + take)
	end := topBits(to.score)
	l.ascend(from, rev, func(item uint64) bool {
		// A member is looked at only where the top bits do not tell.
		if top := item >> 32; top == end {
			if s := l.score(refOf(item)); s != to.score && s > to.score != rev || s == to.score && to.side > 0 == rev {
				return false
			}
		} else if top > end != rev {
			return false
		}
		w.n++
		left--
		return left > 0
	})
	w.n = max(w.n-w.skip, 0)
	return w
}

// ascend passes the items behind the probe to fn, or backwards those before it, until fn
// says no.
func (l *large) ascend(p probe, backwards bool, fn func(item uint64) bool) {
	l.probe = p
	if item := itemOf(p.score, 0); backwards {
		l.order.Descend(item, fn)
	} else {
		l.order.Ascend(item, fn)
	}
}

// Len returns the number of members.
func (w *Window) Len() int {
	if w.walk {
		return w.n
	}
	return w.span.Len()
}

// Each is ZSet.Each for the window.
func (w *Window) Each(fn func(member []byte, score float64) bool) {
	if !w.walk {
		w.z.Each(w.span, w.rev, fn)
		return
	}
	l, skip, n := w.z.large(), w.skip, w.n
	if n == 0 {
		return
	}
	l.ascend(w.from, w.rev, func(item uint64) bool {
		if skip > 0 {
			skip--
			return true
		}
		n--
		return fn(l.entry(refOf(item))) && n > 0
	})
}
