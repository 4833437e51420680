package respond

import "sync"

// maxPuts is how many blocks are on their way to the bus at a time.
const maxPuts = 128

// concurrently calls f for 0 to n-1, some at a time, and returns when all are
// done.
func concurrently(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxPuts)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}
