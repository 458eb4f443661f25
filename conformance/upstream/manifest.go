package upstream

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// The names of the two suites: the folders that hold them, and the first word of an exception.
const (
	Redis  = "redis"
	Valkey = "valkey"
)

// A Manifest lists the tests that pass on a suite's own server in external-server mode.
type Manifest struct {
	Suite string
	units map[string][]string
}

// manifestFile names the manifest of a suite. The version is the one that was measured: another
// version of the suite has other tests.
func manifestFile(suite string) (string, error) {
	switch suite {
	case Redis:
		return "redis-8.0.json", nil
	case Valkey:
		return "valkey-9.1.json", nil
	}
	return "", fmt.Errorf("no suite named %q (want %s or %s)", suite, Redis, Valkey)
}

// LoadManifest reads the manifest of a suite from dir: a JSON object from unit to test names.
func LoadManifest(dir, suite string) (*Manifest, error) {
	file, err := manifestFile(suite)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	return ParseManifest(suite, data)
}

// ParseManifest reads a manifest from JSON. Names in a unit must be distinct: they are what is counted.
func ParseManifest(suite string, data []byte) (*Manifest, error) {
	m := &Manifest{Suite: suite}
	if err := json.Unmarshal(data, &m.units); err != nil {
		return nil, fmt.Errorf("manifest of %s: %w", suite, err)
	}
	for unit, tests := range m.units {
		seen := make(map[string]bool, len(tests))
		for _, test := range tests {
			if seen[test] {
				return nil, fmt.Errorf("manifest of %s: %s lists %q twice", suite, unit, test)
			}
			seen[test] = true
		}
	}
	return m, nil
}

// Units returns the names of the units in order.
func (m *Manifest) Units() []string {
	names := make([]string, 0, len(m.units))
	for name := range m.units {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has tells whether the manifest has the unit.
func (m *Manifest) Has(unit string) bool {
	_, ok := m.units[unit]
	return ok
}

// Tests returns the unit's test names in the manifest's order. The caller must not change them.
func (m *Manifest) Tests(unit string) []string { return m.units[unit] }

// Select returns the wanted units that the manifest has, in the manifest's order; all of them when
// none are named. A unit may be named with or without its leading "unit/".
func (m *Manifest) Select(wanted []string) []string {
	if len(wanted) == 0 {
		return m.Units()
	}
	var units []string
	for _, unit := range m.Units() {
		if slices.ContainsFunc(wanted, func(w string) bool { return unit == w || unit == "unit/"+w }) {
			units = append(units, unit)
		}
	}
	return units
}
