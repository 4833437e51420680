package stage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the kernel's USER_HZ, which is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// Usage is the CPU time and memory of a running process.
type Usage struct {
	CPU           time.Duration // user and system
	ResidentBytes int64         // now
	PeakBytes     int64         // the most that was ever resident
}

// UsageOf reads /proc of a process, and of its direct children together.
func UsageOf(pid int) (own, below Usage, err error) {
	if own, err = usage(pid); err != nil {
		return own, below, err
	}
	for _, child := range children(pid) {
		if u, err := usage(child); err == nil { // it may have just ended
			below.CPU += u.CPU
			below.ResidentBytes += u.ResidentBytes
			below.PeakBytes += u.PeakBytes
		}
	}
	return own, below, nil
}

// stat gives the fields of /proc/PID/stat from the state on.
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	// The name may hold anything; the fields begin after its closing bracket.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 22 {
		return nil, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	return fields, nil
}

// alive tells whether a process runs. One that has ended and that nobody has
// asked for does not.
func alive(pid int) bool {
	fields, err := stat(pid)
	return err == nil && fields[0] != "Z" && fields[0] != "X"
}

func usage(pid int) (Usage, error) {
	fields, err := stat(pid)
	if err != nil {
		return Usage{}, err
	}
	number := func(i int) int64 {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		return n
	}
	return Usage{
		CPU:           time.Duration(number(11)+number(12)) * clockTick,
		ResidentBytes: number(21) * int64(os.Getpagesize()),
		PeakBytes:     peak(pid),
	}, nil
}

// peak is the high water mark of resident memory, 0 when it cannot be read.
func peak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// children lists the direct children of a process, of all its threads.
func children(pid int) []int {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	var list []int
	for _, task := range tasks {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			continue
		}
		for _, field := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}
