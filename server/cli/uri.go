package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// setURI takes the connection from redis://[[user:]password@][host][:port][/db].
// With rediss:// it is encrypted. Like redis-cli, and unlike other URIs, the part
// before the @ without a colon is the password.
func (o *options) setURI(uri string) error {
	scheme, rest, ok := strings.Cut(uri, "://")
	switch {
	case ok && strings.EqualFold(scheme, "redis"):
	case ok && strings.EqualFold(scheme, "rediss"):
		o.tls.on = true
	default:
		return errors.New("Invalid URI scheme")
	}
	if userInfo, after, ok := strings.Cut(rest, "@"); ok {
		rest = after
		if err := o.setUserInfo(userInfo); err != nil {
			return err
		}
	}
	address, path, _ := strings.Cut(rest, "/")
	if address != "" {
		if err := o.setAddress(address); err != nil {
			return err
		}
	}
	if path == "" {
		return nil
	}
	db, err := strconv.Atoi(path)
	if err != nil || db < 0 {
		return fmt.Errorf("Invalid database number '%s' in the URI", path)
	}
	o.db = db
	return nil
}

func (o *options) setUserInfo(info string) error {
	user, pass, ok := strings.Cut(info, ":")
	if !ok {
		user, pass = "", info
	}
	user, err := url.PathUnescape(user)
	if err != nil {
		return errors.New("Illegal character in URI encoding")
	}
	pass, err = url.PathUnescape(pass)
	if err != nil {
		return errors.New("Illegal character in URI encoding")
	}
	o.user, o.auth = user, &pass
	return nil
}

// setAddress reads host[:port] or [ipv6][:port].
func (o *options) setAddress(address string) (err error) {
	host, port := address, ""
	if strings.HasPrefix(address, "[") {
		inner, after, ok := strings.Cut(address[1:], "]")
		if !ok || after != "" && after[0] != ':' {
			return fmt.Errorf("Invalid address '%s' in the URI", address)
		}
		host, port = inner, strings.TrimPrefix(after, ":")
	} else if h, p, ok := strings.Cut(address, ":"); ok {
		host, port = h, p
	}
	if port != "" {
		if o.port, err = parsePort(port); err != nil {
			return err
		}
	}
	o.host = host
	return nil
}
