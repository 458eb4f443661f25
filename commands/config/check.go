package config

import (
	"errors"
	"net/netip"
	"strings"
)

// Checks of textual values; the error texts are Redis's where Redis has one.

func checkDBFilename(s string) error {
	if !isBaseName(s) {
		return errors.New("dbfilename can't be a path, just a filename")
	}
	return nil
}

func checkAppendFilename(s string) error {
	switch {
	case s == "":
		return errors.New("appendfilename can't be empty")
	case !isBaseName(s):
		return errors.New("appendfilename can't be a path, just a filename")
	}
	return nil
}

func checkAppendDirname(s string) error {
	switch {
	case s == "":
		return errors.New("appenddirname can't be empty")
	case !isBaseName(s):
		return errors.New("appenddirname can't be a path, just a dirname")
	}
	return nil
}

func isBaseName(s string) bool { return !strings.ContainsAny(s, `/\`) }

func checkHostname(s string) error {
	if len(s) >= 256 {
		return errors.New("Hostnames must be less than 256 characters")
	}
	for _, c := range []byte(s) {
		if !isAlnum(c) && c != '-' && c != '.' {
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

func checkNodename(s string) error {
	if strings.ContainsAny(s, "!#$%&()*+:;<>?@[]^{|}~") {
		return errors.New("Announced human node name contained invalid character")
	}
	return nil
}

func checkIPv4(s string) error {
	if a, err := netip.ParseAddr(s); s != "" && (err != nil || !a.Is4()) {
		return errors.New("Invalid IPv4 address")
	}
	return nil
}

func checkIPv6(s string) error {
	if a, err := netip.ParseAddr(s); s != "" && (err != nil || !a.Is6()) {
		return errors.New("Invalid IPv6 address")
	}
	return nil
}

// checkTitle accepts text with the variables that a process title may name.
func checkTitle(s string) error {
	bad := errors.New("template format is invalid or contains unknown variables")
	if s == "" {
		return bad
	}
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			return nil
		}
		name, rest, ok := strings.Cut(s[open+1:], "}")
		if !ok {
			return bad
		}
		switch name {
		case "title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file":
		default:
			return bad
		}
		s = rest
	}
}

// checkLocale accepts what looks like the name of a locale; whether the machine has it is not
// known here.
func checkLocale(s string) error {
	for _, c := range []byte(s) {
		if !isAlnum(c) && strings.IndexByte("_-.@", c) < 0 {
			return errors.New("Invalid locale name")
		}
	}
	return nil
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
