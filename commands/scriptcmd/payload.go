package scriptcmd

import (
	"errors"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace/rdb"
)

const errPayload = command.ReplyError("ERR DUMP payload version or checksum are wrong")

// Sources implements persistence.Libraries.
func (s *Scripts) Sources() (sources []string) {
	for _, lib := range s.libraries.sorted() {
		sources = append(sources, lib.code)
	}
	return sources
}

// LoadSource implements persistence.Libraries.
func (s *Scripts) LoadSource(source string, replace bool) error {
	lib, err := s.loadLibrary(source, func(name string) error {
		if !replace && s.libraries.library(name) != nil {
			return command.Errorf("Library %s already exists", name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.libraries.change(false, lib)
}

// Clear implements persistence.Libraries.
func (s *Scripts) Clear() { s.libraries.change(true) }

// Dump returns all libraries as a payload.
func (s *Scripts) Dump() []byte { return rdb.AppendFunctions(nil, s.Sources()) }

// Restore loads the libraries of a payload: all or none. Those that there are stay, unless
// flush is set; replace lets new ones take their place.
func (s *Scripts) Restore(payload []byte, flush, replace bool) error {
	sources, err := rdb.Functions(payload)
	switch {
	case errors.Is(err, rdb.ErrVersion), errors.Is(err, rdb.ErrChecksum):
		return errPayload
	case errors.Is(err, rdb.ErrNotFunction):
		return command.Errorf("given type is not a function")
	case err != nil:
		return command.Errorf("Failed loading functions payload")
	}
	var list []*library
	fresh := map[string]bool{}
	for _, code := range sources {
		lib, err := s.loadLibrary(code, func(name string) error {
			if fresh[name] || !flush && !replace && s.libraries.library(name) != nil {
				return command.Errorf("Library %s already exists", name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		fresh[lib.name] = true
		list = append(list, lib)
	}
	return s.libraries.change(flush, list...)
}
