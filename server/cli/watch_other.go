//go:build !unix

package cli

import "os"

// watch never reports a key here: Ctrl-C ends a subscription.
func watch(*os.File) (<-chan struct{}, func()) { return nil, func() {} }
