package command

import "github.com/medleydb/medley/commands/config"

// OutputLimit returns how much may wait to be sent to the session. A client that gets
// messages without being subscribed (MONITOR, invalidations) counts as a normal one; where
// such clients have no limit, messages are bounded as those of subscribers are: replies
// stop by themselves when a client does not read, messages do not.
func (s *Session) OutputLimit(c *config.Config, messages bool) config.OutputLimit {
	limits := c.ClientOutputBufferLimit.Load()
	normal := limits[config.NormalClients]
	if s.Flag(Subscribed) || messages && normal.HardBytes == 0 {
		return limits[config.PubsubClients]
	}
	return normal
}

// OverSoftLimit notes how much waits to be sent to the session, and reports whether that
// has been more than the soft limit for longer than the limit says. One goroutine calls it.
func (s *Session) OverSoftLimit(l config.OutputLimit, waiting, nowMs int64) bool {
	if l.SoftBytes == 0 || waiting <= l.SoftBytes {
		s.softSinceMs = 0
		return false
	}
	if s.softSinceMs == 0 {
		s.softSinceMs = nowMs
	}
	return nowMs-s.softSinceMs > 1000*l.SoftSeconds
}

// What a session costs beside its buffers, about, a name that it watches or is subscribed to,
// and a prefix that it tracks, which has no entry of its own in a table.
const (
	sessionBytes = 1 << 10
	nameBytes    = 128
	prefixBytes  = 24
)

// Arriving notes how many bytes of input are being worked on, of which the connection's figures
// may not tell yet; 0 when that has ended.
func (s *Session) Arriving(bytes int) {
	if int64(bytes) != s.arriving.Load() {
		s.arriving.Store(int64(bytes))
	}
}

// Memory returns about how many bytes the session takes, its connection's buffers
// included.
func (s *Session) Memory(st PeerStats) int64 {
	names := int64(s.watching.Load())
	for k := range s.subs {
		names += int64(s.subs[k].Load())
	}
	prefixes := 0
	if o := s.Tracking(); o != nil {
		prefixes = len(o.Prefixes)
	}
	return sessionBytes + int64(prefixes)*prefixBytes + max(int64(st.QueryBuffer+st.Arguments), s.arriving.Load()) +
		int64(st.QueryBufferFree+st.OutputBuffer) + s.QueueBytes() + names*nameBytes
}
