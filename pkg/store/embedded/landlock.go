package embedded

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sandbox lists what a confined process may reach in the file system.
type sandbox struct {
	write   []string // trees to read and write
	read    []string // files and trees to read
	execute []string // files and trees to read and run
}

// sandboxOf is what the engine needs: its data, the library, the program, and
// what the C library and the engine read of the machine.
func sandboxOf(cfg ChildConfig, exe string) sandbox {
	files := filesOf(cfg.DataDir)
	return sandbox{
		write: []string{files.data, "/dev/null"},
		read: []string{
			cfg.Library, files.conf, "/dev/urandom", "/dev/random", "/usr/share/zoneinfo",
			"/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/hostname", "/etc/hosts",
			"/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/loadavg", "/proc/uptime",
			"/proc/vmstat", "/proc/diskstats", "/proc/net", "/proc/sys/vm", "/proc/sys/kernel",
			"/sys/fs/cgroup", "/sys/devices/system", "/sys/block", "/sys/kernel/mm",
		},
		execute: []string{exe, "/lib", "/lib64", "/usr/lib", "/usr/lib64"},
	}
}

const (
	readRights  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	fileRights  = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	writeRights = readRights | unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SYM |
		unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	// lastRight is the highest right of the file system that the first version
	// of Landlock knows; later versions add one at a time.
	lastRight = unix.LANDLOCK_ACCESS_FS_MAKE_SYM
)

// handledRights are the file rights that a version of Landlock can restrict.
func handledRights(version int) uint64 {
	rights := uint64(lastRight)<<1 - 1
	if version >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	return rights
}

// confine restricts the calling thread, and every process it becomes, to the
// sandbox, without outgoing connections where the kernel can refuse them.
func confine(s sandbox) error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: handledRights(int(version))}
	if version >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("landlock: create ruleset: %w", errno)
	}
	defer unix.Close(int(ruleset))
	if err := s.addTo(int(ruleset), attr.Handled_access_fs); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: restrict: %w", errno)
	}
	return nil
}

// addTo writes the rules. Paths that a machine does not have are left out.
func (s sandbox) addTo(ruleset int, handled uint64) error {
	for rights, paths := range map[uint64][]string{
		writeRights: s.write,
		readRights:  s.read,
		readRights | unix.LANDLOCK_ACCESS_FS_EXECUTE: s.execute,
	} {
		for _, path := range paths {
			if err := allow(ruleset, path, rights&handled); err != nil {
				return err
			}
		}
	}
	return nil
}

// allow adds one path. Rights of directories may not be asked for a file.
func allow(ruleset int, path string, rights uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("stat %s: %w", path, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= fileRights
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("allow %s: %w", path, errno)
	}
	return nil
}
