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
}

// Status returns the present figures; dirty is Stats.Dirty.
func (s *Service) Status(dirty int64) Status {
	if s == nil {
		return Status{Changes: dirty, LastTookSec: -1, TakesSec: -1}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.figures
	st := Status{
		Loading: s.Loading(), LoadStartSec: s.load.startMs.Load() / 1000, LoadTotal: s.load.total.Load(), Loaded: s.load.loaded.Load(),
		Changes: max(dirty-f.dirtyAtSave, 0), LastSaveSec: f.lastSaveMs / 1000, LastFailed: f.lastFailed, LastTookSec: f.lastTookSec, TakesSec: -1,
		Saves: f.saves, LoadedKeys: f.keysLoaded, ExpiredWhileLoadingKeys: f.keysExpired,
	}
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
