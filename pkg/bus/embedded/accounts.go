package embedded

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// Lookup gives what an agent must prove and which segments it sees, All
// included. ok is false for an agent that is unknown or revoked.
type Lookup func(agent string) (secretHash [sha256.Size]byte, segments []string, ok bool)

// accounts admits connections: the service into the account that has the
// streams, each agent into an account of its own. In a shared account the
// permissions do not bind the subject of a reply: an agent could have the
// server's acknowledgement delivered on any subject, that of a block included.
type accounts struct {
	password string
	srv      *server.Server

	// mu is held by Check from the lookup until the user is registered, so
	// that disconnect sees every connection that an older lookup let in.
	mu     sync.Mutex
	lookup Lookup
	agents map[string]*account
}

type account struct {
	*server.Account
	segments []string
}

func (a *accounts) admit(lookup Lookup) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lookup = lookup
}

// Check implements server.Authentication.
func (a *accounts) Check(c server.ClientAuthentication) bool {
	login := c.GetOpts()
	if c.Kind() != server.CLIENT {
		return false
	}
	if login.Username == serviceUser {
		if subtle.ConstantTimeCompare([]byte(login.Password), []byte(a.password)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: serviceUser, Account: a.srv.GlobalAccount()})
		return true
	}
	return a.checkAgent(c, login.Username, login.Password)
}

func (a *accounts) checkAgent(c server.ClientAuthentication, name, secret string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lookup == nil {
		return false
	}
	want, segments, known := a.lookup(name)
	have := sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(have[:], want[:]) != 1 || !known {
		return false
	}
	acc, err := a.account(name, segments)
	if err != nil {
		a.srv.Errorf("admit agent %s: %v", name, err)
		return false
	}
	c.RegisterUser(&server.User{Username: name, Account: acc.Account, Permissions: permissions(name, segments)})
	return true
}

// account gives the agent's account, made on first use. An agent that is
// enrolled anew with other segments gets another one: imports cannot be taken
// back.
func (a *accounts) account(name string, segments []string) (*account, error) {
	if acc := a.agents[name]; acc != nil && slices.Equal(acc.segments, segments) {
		return acc, nil
	}
	if a.agents == nil {
		a.agents = map[string]*account{}
	}
	accountName := "agent." + name
	for n := 2; ; n++ {
		if _, isNew := a.srv.LookupOrRegisterAccount(accountName); isNew {
			break
		}
		accountName = "agent." + name + "." + strconv.Itoa(n)
	}
	registered, err := a.srv.LookupAccount(accountName)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", accountName, err)
	}
	if err := connect(registered, a.srv.GlobalAccount(), name, segments); err != nil {
		return nil, err
	}
	acc := &account{registered, slices.Clone(segments)}
	a.agents[name] = acc
	return acc, nil
}

// connect lets an agent's account reach what it may on the service's.
func connect(agent, service *server.Account, name string, segments []string) error {
	only := []*server.Account{agent}
	for _, r := range requests(name, segments) {
		if err := service.AddServiceExportWithResponse(r.subject, r.response, only); err != nil {
			return fmt.Errorf("export %s: %w", r.subject, err)
		}
		if err := agent.AddServiceImport(service, r.subject, r.subject); err != nil {
			return fmt.Errorf("import %s: %w", r.subject, err)
		}
	}
	for _, subject := range feeds(name, segments) {
		if err := service.AddStreamExport(subject, only); err != nil {
			return fmt.Errorf("export %s: %w", subject, err)
		}
		if err := agent.AddStreamImport(service, subject, ""); err != nil {
			return fmt.Errorf("import %s: %w", subject, err)
		}
	}
	return nil
}

func (a *accounts) disconnect(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	acc := a.agents[name]
	if acc == nil {
		return
	}
	page, err := a.srv.Connz(&server.ConnzOptions{Account: acc.Name, Limit: 1 << 16})
	if err != nil {
		a.srv.Errorf("disconnect agent %s: %v", name, err)
		return
	}
	for _, c := range page.Conns {
		_ = a.srv.DisconnectClientByID(c.Cid) // an error says that it has gone by itself
	}
}

func (a *accounts) connected(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	acc := a.agents[name]
	return acc != nil && acc.NumLocalConnections() > 0
}
