package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/migrate"
	"github.com/medleydb/medley/server/netio"
)

// A Server serves clients of an engine.
type Server struct {
	eng   *commands.Engine
	cfg   *config.Config
	log   *slog.Logger
	stats *command.Stats

	sockets   netio.Server
	mu        sync.Mutex
	listeners map[string]net.Listener // by address and port, or unixKey
	bound     map[string]tcpAddr      // those that are TCP
	accepting sync.WaitGroup
	stop      chan struct{}
	stopOnce  sync.Once
}

// Options configure a Server.
type Options struct {
	Engine *commands.Engine
	// Config is the server's; default that of the engine.
	Config *config.Config
	Log    *slog.Logger // default none
	// Portable chooses the back end of goroutines where event loops exist too.
	Portable bool
	// Loops is the number of event loops, all of which serve clients; default as many as
	// io-threads says, of which so many do as the load needs (io-threads-always-active).
	Loops int
}

// New returns a server that does not listen yet.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Config == nil {
		o.Config = o.Engine.Services().Config
	}
	s := &Server{eng: o.Engine, cfg: o.Config, log: o.Log, stats: o.Engine.Services().Stats, stop: make(chan struct{}), listeners: map[string]net.Listener{}, bound: map[string]tcpAddr{}}
	adapt := o.Loops == 0 && !s.cfg.IOThreadsAlwaysActive.Load()
	if o.Loops == 0 {
		o.Loops = int(s.cfg.IOThreads.Load())
	}
	if err := s.cfg.Override(config.Pair{Name: "io-threads", Value: strconv.Itoa(o.Loops)}); err != nil {
		return nil, err
	}
	var err error
	if o.Portable {
		s.sockets = netio.NewGoroutines(handler{s})
	} else if s.sockets, err = netio.New(handler{s}, netio.Options{Loops: o.Loops, Adapt: adapt, Plain: !s.cfg.IOUring.Load()}); err != nil {
		return nil, err
	}
	o.Engine.Services().ActiveLoops = s.sockets.Active
	o.Engine.Services().Targets.Dial = func(host, port string, timeout time.Duration) (migrate.Conn, error) {
		return net.DialTimeout("tcp", net.JoinHostPort(host, port), timeout)
	}
	s.accepting.Add(1)
	go s.cron()
	return s, nil
}

// Engine returns the engine that the server serves.
func (s *Server) Engine() *commands.Engine { return s.eng }

// Addrs returns the addresses that the server listens on.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []net.Addr
	for _, l := range s.listeners {
		list = append(list, l.Addr())
	}
	sort.Slice(list, func(i, j int) bool { return list[i].String() < list[j].String() })
	return list
}

// Listen opens the sockets that the configuration names and starts to serve them.
// CONFIG SET of port or bind moves them later.
func (s *Server) Listen() error {
	if err := s.listenTCP(); err != nil {
		return err
	}
	if path := s.cfg.Unixsocket.Load(); path != "" {
		if err := s.listenUnix(path); err != nil {
			return err
		}
	}
	if len(s.Addrs()) == 0 {
		return errors.New("server: no address to listen on")
	}
	s.cfg.OnChange(func() error {
		if err := s.listenTCP(); err != nil {
			s.log.Warn("cannot listen", "error", err)
			return errors.New("Unable to listen on this port. Check server logs.")
		}
		return nil
	}, "port")
	s.cfg.OnChange(func() error {
		if err := s.listenTCP(); err != nil {
			s.log.Warn("cannot listen", "error", err)
			return errors.New("Failed to bind to specified addresses.")
		}
		return nil
	}, "bind")
	return nil
}

// listenTCP brings the TCP sockets in line with the configuration. Those that are
// not wanted any more are closed first, since one address may stand in the way of
// another (127.0.0.1 of all); if the new ones cannot be opened, they come back.
func (s *Server) listenTCP() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[string]tcpAddr{}
	port := s.cfg.Port.Load()
	for _, addr := range s.cfg.Bind.Load() {
		if port != 0 || s.cfg.Unixsocket.Load() == "" {
			a := tcpAddr{addr, port}
			wanted[a.key()] = a
		}
	}
	closed := map[string]tcpAddr{}
	for key, a := range s.bound {
		if _, keep := wanted[key]; !keep {
			s.listeners[key].Close()
			delete(s.listeners, key)
			delete(s.bound, key)
			closed[key] = a
		}
	}
	opened, err := s.open(wanted)
	if err == nil {
		return nil
	}
	for _, key := range opened {
		s.listeners[key].Close()
		delete(s.listeners, key)
		delete(s.bound, key)
	}
	if _, again := s.open(closed); again != nil {
		s.log.Error("a socket could not be opened again", "error", again)
	}
	return err
}

// open listens on the addresses that are not open yet, and returns the keys of those
// that it opened; mu is held.
func (s *Server) open(addrs map[string]tcpAddr) (opened []string, err error) {
	for key, a := range addrs {
		if s.listeners[key] != nil {
			continue
		}
		l, err := a.listen()
		if err != nil {
			return opened, fmt.Errorf("server: %w", err)
		}
		if l != nil {
			s.bound[key] = a
			s.serve(key, l)
			opened = append(opened, key)
		}
	}
	return opened, nil
}

// tcpAddr is an address of the bind directive with the port.
type tcpAddr struct {
	addr string
	port int64
}

func (a tcpAddr) key() string { return a.addr + " " + strconv.FormatInt(a.port, 10) }

// unixKey names the unix socket among the listeners.
const unixKey = "unix"

// listen opens the socket: a leading - makes a missing address no error (nil), *
// means all.
func (a tcpAddr) listen() (net.Listener, error) {
	addr, optional := strings.CutPrefix(a.addr, "-")
	network := "tcp4"
	if strings.Contains(addr, ":") {
		network = "tcp6"
	}
	switch addr {
	case "*":
		addr = "0.0.0.0"
	case "::*":
		addr, network = "::", "tcp6"
	}
	l, err := net.Listen(network, net.JoinHostPort(addr, strconv.FormatInt(a.port, 10)))
	if err != nil && optional {
		return nil, nil
	}
	return l, err
}

func (s *Server) listenUnix(path string) error {
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&os.ModeSocket != 0 {
		os.Remove(path) // left behind by a server that did not end in order
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if perm := s.cfg.Unixsocketperm.Load(); perm != 0 {
		if err := os.Chmod(path, os.FileMode(perm)); err != nil {
			l.Close()
			return fmt.Errorf("server: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve(unixKey, l)
	return nil
}

// serve accepts connections until the listener is closed; mu is held.
func (s *Server) serve(key string, l net.Listener) {
	s.listeners[key] = l
	s.accepting.Add(1)
	go func() {
		defer s.accepting.Done()
		for {
			nc, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				select {
				case <-s.stop:
					return
				case <-time.After(10 * time.Millisecond): // out of descriptors
					continue
				}
			}
			s.accept(nc)
		}
	}()
}

func (s *Server) accept(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		tcp.SetNoDelay(true)
		if sec := s.cfg.TCPKeepalive.Load(); sec > 0 {
			tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Duration(sec) * time.Second, Interval: time.Duration(max(sec/3, 1)) * time.Second, Count: 3})
		}
	}
	s.sockets.Serve(nc)
}

// Texts for connections that are not served, before any command.
const (
	tooManyClients = "-ERR max number of clients reached\r\n"
	protectedMode  = "-DENIED Medley is running in protected mode: it was reached from another machine while the default user has no password. " +
		"Set a password (requirepass) or turn protected mode off (CONFIG SET protected-mode no from this machine), then connect again.\r\n"
)

// refusal returns what a connection is told that is not served, or "".
func (s *Server) refusal(c *netio.Conn) string {
	switch {
	case int64(s.eng.Services().Clients.Len()) > s.cfg.Maxclients.Load():
		s.stats.Rejected.Add(1)
		return tooManyClients
	case s.cfg.ProtectedMode.Load() && s.cfg.Requirepass.Load() == "" && !isLocal(c.Remote):
		return protectedMode
	}
	return ""
}

func isLocal(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// cron closes idle clients.
func (s *Server) cron() {
	defer s.accepting.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		limit := time.Duration(s.cfg.Timeout.Load()) * time.Second
		if limit == 0 {
			continue
		}
		now := s.eng.NowMs()
		for _, c := range s.eng.Services().Clients.All() {
			if !c.Flag(command.Blocked) && idleFor(c, now) > limit {
				c.Peer.Kick()
			}
		}
	}
}

// Close stops listening, ends all connections and waits for them. The engine stays
// open.
func (s *Server) Close() {
	s.stopOnce.Do(func() {
		close(s.stop)
		s.mu.Lock()
		for _, l := range s.listeners {
			l.Close()
		}
		s.mu.Unlock()
		s.accepting.Wait()
		s.sockets.Close()
	})
}
