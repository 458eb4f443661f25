package clients

import (
	"context"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server"
)

// A program that embeds Medley talks to it through go-redis, without a socket.
func Example() {
	eng, err := commands.Open(commands.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer eng.Close()

	client := redis.NewClient(&redis.Options{
		Dialer: func(context.Context, string, string) (net.Conn, error) { return server.Pipe(eng), nil },
	})
	defer client.Close()

	ctx := context.Background()
	client.Set(ctx, "greeting", "hello", 0)
	fmt.Println(client.Get(ctx, "greeting").Val())
	// Output: hello
}
