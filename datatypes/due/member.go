package due

// A Condition says when a member's time may be changed.
type Condition uint8

// The conditions. A member without a time counts as going after all others.
const (
	Always   Condition = iota
	IfNone             // NX: it has no time
	IfTimed            // XX: it has a time
	IfLater            // GT: the new time is later than the present one
	IfSooner           // LT: the new time is sooner than the present one
)

// Holds reports whether a time, 0 for none, may become ms.
func (c Condition) Holds(old, ms int64) bool {
	switch c {
	case IfNone:
		return old == 0
	case IfTimed:
		return old != 0
	case IfLater:
		return old != 0 && ms > old
	case IfSooner:
		return old == 0 || ms < old
	}
	return true
}

// Results of giving a member a time or taking it away, as commands reply them.
const (
	NoMember  = -2 // there is no such member, or it has expired
	NoTime    = -1 // taking away: the member has no time
	Unchanged = 0  // giving: the condition does not hold
	Changed   = 1
	Deleted   = 2 // giving: the time has passed, and so the member is gone
)
