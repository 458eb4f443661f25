package server

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace/disk"
)

// gcPercent is the collector's default goal: the heap is nearly free of pointers, so
// a low one costs about 1% CPU and keeps resident memory near the live data.
// The environment's GOGC wins.
const gcPercent = 10

// Main is the program `medley server [file] [--option value ...]`. It returns the
// exit status.
func Main(args []string, stdin io.Reader, stderr io.Writer) int {
	return MainOn(disk.OS, args, stdin, stderr)
}

// MainOn is Main with the files that are written on another system.
func MainOn(files disk.System, args []string, stdin io.Reader, stderr io.Writer) int {
	cfg := config.New()
	if err := cfg.LoadCommandLine(args, stdin); err != nil {
		fmt.Fprintln(stderr, "medley server:", err)
		return 1
	}
	log := newLog(cfg, stderr)
	for _, w := range cfg.Warnings() {
		log.Warn(w)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(int(cfg.IOThreads.Load()) + 1)
	}
	if err := run(cfg, files, log); err != nil {
		log.Error(err.Error())
		return 1
	}
	return 0
}

func run(cfg *config.Config, files disk.System, log *slog.Logger) error {
	if dir := cfg.Dir.Load(); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return err
		}
	}
	eng, err := commands.Open(commands.Options{Databases: int(cfg.Databases.Load()), Config: cfg, Log: log, Files: true, Disk: files, LoadLater: true})
	if err != nil {
		return err
	}
	srv, err := New(Options{Engine: eng, Log: log})
	if err != nil {
		eng.CloseWith(false)
		return err
	}
	end := make(chan command.ShutdownOptions, 1)
	eng.Services().Shutdown = func(o command.ShutdownOptions) error {
		if o.NoSave && eng.Services().Scripting.AnyBusy() != nil {
			log.Info("ending at once: a script runs that may never end")
			os.Exit(0)
		}
		select {
		case end <- o:
		default: // it ends already
		}
		return nil
	}
	o, err := serve(srv, cfg, log, end)
	eng.Services().Scripting.Stop()
	srv.Close()
	if closing := eng.CloseWith(o.Save && err == nil); err == nil {
		err = closing
	}
	return err
}

// serve serves clients until the server is to end, and returns how.
func serve(srv *Server, cfg *config.Config, log *slog.Logger, end <-chan command.ShutdownOptions) (o command.ShutdownOptions, err error) {
	if err := srv.Listen(); err != nil {
		return o, err
	}
	if err := writePid(cfg.Pidfile.Load()); err != nil {
		log.Warn("no pid file", "error", err)
	} else if p := cfg.Pidfile.Load(); p != "" {
		defer os.Remove(p)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	loaded := make(chan error, 1)
	go func() { loaded <- srv.eng.Load() }()
	for {
		select {
		case err := <-loaded:
			if err != nil {
				return o, fmt.Errorf("the data could not be loaded: %w", err)
			}
			for _, a := range srv.Addrs() {
				log.Info("ready to accept connections", "addr", a.String(), "pid", os.Getpid(), "by", srv.sockets.Name())
			}
		case o := <-end:
			log.Info("ending in order")
			return o, nil
		case sig := <-signals:
			log.Info("ending in order", "signal", sig.String())
			if o, ok := bySignal(srv.eng, cfg, log, sig); ok {
				return o, nil
			}
		}
	}
}

// bySignal saves what a signal says to save; false where that fails, and the server goes on.
func bySignal(eng *commands.Engine, cfg *config.Config, log *slog.Logger, sig os.Signal) (o command.ShutdownOptions, ok bool) {
	flags := cfg.ShutdownOnSigterm.Load()
	if sig == syscall.SIGINT {
		flags = cfg.ShutdownOnSigint.Load()
	}
	svc := eng.Services()
	o.Save = flags&config.ShutdownSave != 0 || flags&config.ShutdownNosave == 0 && len(cfg.Save.Load()) > 0
	if !o.Save || svc.Files.Loading() {
		o.Save = false
		return o, true
	}
	svc.Pause.Start(command.PauseWrites, math.MaxInt64)
	if err := svc.Files.SaveNow(); err != nil && flags&config.ShutdownForce == 0 {
		svc.Pause.End(nil)
		log.Error("the server goes on: the data could not be saved", "error", err)
		return o, false
	}
	return o, true
}

func writePid(path string) error {
	if path == "" {
		return nil
	}
	return os.WriteFile(path, strconv.AppendInt(nil, int64(os.Getpid()), 10), 0o644)
}

// newLog returns the server's log: quiet by default.
func newLog(cfg *config.Config, w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	switch cfg.Loglevel.Load() {
	case config.LogDebug, config.LogVerbose:
		level = slog.LevelDebug
	case config.LogWarning:
		level = slog.LevelWarn
	case config.LogNothing:
		level = slog.LevelError + 4
	}
	o := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat.Load() == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
