// Command alike measures on public logs how well pkg/behaviour/slow finds those
// who behave like an actor. What two clients have in common is taken from a
// feature that is then left out of their profiles:
//
//   - fleets: clients that call themselves by the same name of a crawler are
//     one program on several addresses; the user agent is left out;
//   - agents: clients with the same user agent, whoever they are;
//   - targets: clients that began on the same page; that page and what comes
//     from it is left out;
//   - itself: one half of a client's requests is to find the other half.
//
// It prints the precision of the first 5 and the first 10 answers beside that
// of chance. A file is a log in combined format, gzipped or not.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: alike LOG…")
		os.Exit(2)
	}
	for _, path := range os.Args[1:] {
		if err := measure(os.Stdout, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
