// The clients of one node, for the benchmark of peers: see Driver in ../driver.ts for what is read and written. Debian's
// Go libraries are used as they are: go build driver.go etcd.go, or driver.go nats.go.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// As in ../../latencies.ts.
	bucketsADoubling = 128
	buckets          = 30 * bucketsADoubling

	// One connection's reader is one thread's work.
	connections = 4

	answerLimit = 20 * time.Second

	// After a failure, so that callers of a node that does not answer leave it the processor.
	pause = 10 * time.Millisecond
)

// One operation of a caller: an error where it was not acknowledged.
type execute func(caller int) error

type meter struct {
	sync.Mutex
	begin   time.Time
	maxMs   float64
	counts  map[int]int
	failed  int
	failure string
}

type window struct {
	ElapsedMs float64  `json:"elapsedMs"`
	MaxMs     float64  `json:"maxMs"`
	Counts    [][2]int `json:"counts"`
	Failed    int      `json:"failed"`
	Failure   string   `json:"failure"`
}

func (m *meter) add(latency time.Duration) {
	ms := latency.Seconds() * 1000
	bucket := int(math.Max(0, math.Min(buckets-1, math.Floor(math.Log2(ms*1000)*bucketsADoubling))))
	m.Lock()
	defer m.Unlock()
	m.counts[bucket]++
	m.maxMs = math.Max(m.maxMs, ms)
}

func (m *meter) fail(err error) {
	m.Lock()
	defer m.Unlock()
	m.failed++
	m.failure = err.Error()
}

// Everything since the last call.
func (m *meter) take() window {
	m.Lock()
	defer m.Unlock()
	now := time.Now()
	taken := window{now.Sub(m.begin).Seconds() * 1000, m.maxMs, [][2]int{}, m.failed, m.failure}
	for bucket, count := range m.counts {
		taken.Counts = append(taken.Counts, [2]int{bucket, count})
	}
	m.begin, m.maxMs, m.counts, m.failed, m.failure = now, 0, map[int]int{}, 0, ""
	return taken
}

func tell(answer interface{}) {
	line, err := json.Marshal(answer)
	must(err)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	bytes, err := strconv.Atoi(os.Args[3])
	must(err)
	executeOne, err := connect(os.Args[1], os.Args[2], strings.Repeat("x", bytes))
	must(err)
	measured := &meter{begin: time.Now(), counts: map[int]int{}}
	var resting atomic.Value
	var callers sync.WaitGroup
	call := func(caller int) {
		defer callers.Done()
		for !resting.Load().(bool) {
			begin := time.Now()
			if err := executeOne(caller); err != nil {
				measured.fail(err)
				time.Sleep(pause)
				continue
			}
			measured.add(time.Since(begin))
		}
	}
	tell(nil)
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		words := strings.Fields(input.Text())
		switch words[0] {
		case "run":
			count, err := strconv.Atoi(words[1])
			must(err)
			resting.Store(false)
			callers.Add(count)
			for caller := 0; caller < count; caller++ {
				go call(caller)
			}
			tell(nil)
		case "window":
			tell(measured.take())
		case "rest":
			resting.Store(true)
			callers.Wait()
			tell(nil)
		}
	}
}
