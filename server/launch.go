package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
)

// gcPercent is the collector's default goal: the heap is nearly free of pointers, so
// a low one costs about 1% CPU and keeps resident memory near the live data.
// The environment's GOGC wins.
const gcPercent = 10

// Main is the program `medley server [file] [--option value ...]`. It returns the
// exit status.
func Main(args []string, stdin io.Reader, stderr io.Writer) int {
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
		loops := int(cfg.IOThreads.Load())
		if loops == 1 {
			loops = runtime.GOMAXPROCS(0)
		}
		runtime.GOMAXPROCS(loops + 1)
	}
	if err := run(cfg, log); err != nil {
		log.Error(err.Error())
		return 1
	}
	return 0
}

func run(cfg *config.Config, log *slog.Logger) error {
	if dir := cfg.Dir.Load(); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return err
		}
	}
	eng, err := commands.Open(commands.Options{Databases: int(cfg.Databases.Load()), Config: cfg, Log: log})
	if err != nil {
		return err
	}
	defer eng.Close()
	srv, err := New(Options{Engine: eng, Log: log})
	if err != nil {
		return err
	}
	defer srv.Close()
	stop := make(chan os.Signal, 1)
	eng.Services().Shutdown = func(o command.ShutdownOptions) error {
		if o.NoSave && eng.Services().Scripting.AnyBusy() != nil {
			log.Info("ending at once: a script runs that may never end")
			os.Exit(0)
		}
		select {
		case stop <- syscall.SIGTERM:
		default: // it ends already
		}
		return nil
	}
	if err := srv.Listen(); err != nil {
		return err
	}
	if err := writePid(cfg.Pidfile.Load()); err != nil {
		log.Warn("no pid file", "error", err)
	} else if p := cfg.Pidfile.Load(); p != "" {
		defer os.Remove(p)
	}
	for _, a := range srv.Addrs() {
		log.Info("ready to accept connections", "addr", a.String(), "pid", os.Getpid())
	}
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	sig := <-stop
	log.Info("ending in order", "signal", sig.String())
	eng.Services().Scripting.Stop()
	return nil
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
