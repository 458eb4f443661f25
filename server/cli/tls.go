package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
)

type tlsOptions struct {
	on, insecure              bool
	serverName, caFile, caDir string
	certFile, keyFile         string
}

// config returns the TLS settings for a connection to host.
func (o tlsOptions) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: o.insecure}
	if o.serverName != "" {
		c.ServerName = o.serverName
	}
	files, err := o.caFiles()
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		c.RootCAs = x509.NewCertPool()
	}
	for _, name := range files {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("Invalid CA Certificate File/Directory: %w", err)
		}
		// A directory may hold other files beside certificates.
		if !c.RootCAs.AppendCertsFromPEM(pem) && name == o.caFile {
			return nil, fmt.Errorf("Invalid CA Certificate File/Directory: no certificate in %s", name)
		}
	}
	if o.certFile != "" || o.keyFile != "" {
		cert, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
		if err != nil {
			return nil, fmt.Errorf("Invalid client certificate or key: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

func (o tlsOptions) caFiles() ([]string, error) {
	var files []string
	if o.caFile != "" {
		files = append(files, o.caFile)
	}
	if o.caDir != "" {
		entries, err := os.ReadDir(o.caDir)
		if err != nil {
			return nil, fmt.Errorf("Invalid CA Certificate File/Directory: %w", err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				files = append(files, filepath.Join(o.caDir, e.Name()))
			}
		}
	}
	return files, nil
}
