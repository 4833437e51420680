package wso2

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// users finds who is behind a hash, among those whom a file lists: a block on
// a user names a hash, and WSO2 wants the name. While the file cannot be read
// those count who stood in it last.
type users struct {
	file   string
	keys   func() []block.MatchKey
	tenant string
	made   string // the keys that byHash was made with
	read   time.Time
	byHash map[string]string
	failed string // how the last look at the file failed; empty: it did not
}

// news looks at the file, and tells how that failed unless it was told before.
// again is that it can be read once more.
func (u *users) news() (failed error, again bool) {
	err := u.refresh()
	if err == nil {
		again, u.failed = u.failed != "", ""
		return nil, again
	}
	if err.Error() == u.failed {
		return nil, false
	}
	u.failed = err.Error()
	return err, false
}

// refresh reads the file again when it or the keys have changed.
func (u *users) refresh() error {
	if u.file == "" {
		return nil
	}
	info, err := os.Stat(u.file)
	if err != nil {
		return fmt.Errorf("gateways.wso2.users_file: %w", err)
	}
	keys := u.keys()
	made := fmt.Sprint(keys)
	if u.byHash != nil && made == u.made && info.ModTime().Equal(u.read) {
		return nil
	}
	byHash, err := hashUsers(u.file, keys)
	if err != nil {
		return err
	}
	u.byHash, u.made, u.read = byHash, made, info.ModTime()
	return nil
}

func hashUsers(file string, keys []block.MatchKey) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("gateways.wso2.users_file: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	byHash := map[string]string{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		name := strings.TrimSpace(s.Text())
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		for _, k := range keys {
			byHash[k.Hash(block.ScopeUser, name)] = name
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("gateways.wso2.users_file: %w", err)
	}
	return byHash, nil
}

// name is the user behind a hash, as WSO2 has it: with the tenant.
func (u *users) name(hash string) (string, bool) {
	name, ok := u.byHash[hash]
	if tenant := "@" + u.tenant; ok && !strings.HasSuffix(name, tenant) {
		name += tenant
	}
	return name, ok
}
