package wso2

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// users finds who is behind a hash, among those whom a file lists: a block on
// a user names a hash, and WSO2 wants the name.
type users struct {
	file   string
	keys   func() []block.MatchKey
	tenant string
	made   string // the keys that byHash was made with
	read   time.Time
	byHash map[string]string
}

// refresh reads the file again when it or the keys have changed.
func (u *users) refresh() error {
	if u.file == "" {
		return nil
	}
	info, err := os.Stat(u.file)
	if errors.Is(err, fs.ErrNotExist) {
		u.byHash = nil
		return fmt.Errorf("gateways.wso2.users_file: %w: no block on a user can be passed on", err)
	}
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
