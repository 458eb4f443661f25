package persistence

// Status is what INFO tells of files. Times of which there is none are -1.
type Status struct {
	Loading                                    bool
	LoadStartSec, LoadTotal, Loaded            int64 // seconds; bytes
	SaveKeys, SaveTotal                        int64 // of the snapshot that is being written
	Changes                                    int64 // since the last one
	Saving                                     bool  // in the background
	LastSaveSec                                int64
	LastFailed                                 bool
	LastTookSec, TakesSec                      int64
	Saves, LoadedKeys, ExpiredWhileLoadingKeys int64
	Journal                                    JournalStatus
}

// JournalStatus is what INFO tells of the journal.
type JournalStatus struct {
	On, Rewriting, Scheduled bool
	RewriteFailed            bool // the last one
	Failing                  bool // it cannot be written
	TookSec, TakesSec        int64
	Rewrites, Failures       int64 // Failures in a row
	Size, BaseSize           int64 // bytes; BaseSize of the last rewrite
	Buffered, Delayed        int64
	Unsynced                 bool
}

// journalStatus returns the journal's figures; mu is held.
func (s *Service) journalStatus() JournalStatus {
	j := &s.journal
	st := JournalStatus{On: s.cfg.Appendonly.Load(), Rewriting: j.rewriting != nil, Scheduled: j.scheduled, RewriteFailed: j.failed, Failing: j.err != nil,
		TookSec: j.tookSec, TakesSec: -1, Rewrites: j.rewrites, Failures: j.failures, BaseSize: j.baseSize}
	if j.rewriting != nil {
		st.TakesSec = (s.nowMs() - j.rewriting.startMs) / 1000
	}
	if j.log != nil {
		f := j.log.Figures()
		st.Size, st.Buffered, st.Delayed, st.Unsynced = j.oldSize+f.Size, f.Buffered, f.Delayed, f.Unsynced
	}
	return st
}

// Status returns the present figures; dirty is Stats.Dirty.
func (s *Service) Status(dirty int64) Status {
	if s == nil {
		return Status{Changes: dirty, LastTookSec: -1, TakesSec: -1, Journal: JournalStatus{TookSec: -1, TakesSec: -1}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.figures
	st := Status{
		Loading: s.Loading(), LoadStartSec: s.load.startMs.Load() / 1000, LoadTotal: s.load.total.Load(), Loaded: s.load.loaded.Load(),
		Changes: max(dirty-f.dirtyAtSave, 0), LastSaveSec: f.lastSaveMs / 1000, LastFailed: f.lastFailed, LastTookSec: f.lastTookSec, TakesSec: -1,
		Saves: f.saves, LoadedKeys: f.keysLoaded, ExpiredWhileLoadingKeys: f.keysExpired,
	}
	st.Journal = s.journalStatus()
	if v := s.save; v != nil {
		st.SaveKeys, st.SaveTotal = v.written.Load(), v.total.Load()
		if v.background {
			st.Saving, st.TakesSec = true, (s.nowMs()-v.startMs)/1000
		}
	}
	return st
}

// LastSaveSec returns when the data was last saved, in Unix seconds; 0 without files.
func (s *Service) LastSaveSec() int64 { return s.Status(0).LastSaveSec }
