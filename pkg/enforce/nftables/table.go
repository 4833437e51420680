package nftables

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// TableName is the table of the inet family that this package owns.
const TableName = "honeymoat"

// The names of its sets: for IPv4; IPv6 has its own beside each.
const (
	allowSet = "allow"     // exemptions, as intervals
	addrSet  = "addresses" // blocked addresses
	netSet   = "prefixes"  // blocked prefixes, as intervals
)

// family is what differs between the two families of addresses.
type family struct {
	suffix  string
	proto   byte
	keyType nftables.SetDatatype
	offset  uint32 // of the source address in the packet's network header
}

var families = [...]family{
	{"4", unix.NFPROTO_IPV4, nftables.TypeIPAddr, 12},
	{"6", unix.NFPROTO_IPV6, nftables.TypeIP6Addr, 8},
}

func familyOf(p netip.Prefix) *family {
	if p.Addr().Is4() {
		return &families[0]
	}
	return &families[1]
}

// table is our table in the kernel of one network namespace.
type table struct {
	options Options
	table   *nftables.Table
	sets    map[string]*nftables.Set
}

func newTable(o Options) *table {
	t := &table{options: o, table: &nftables.Table{Family: nftables.TableFamilyINet, Name: TableName}, sets: map[string]*nftables.Set{}}
	for _, f := range families {
		for _, name := range [...]string{allowSet, addrSet, netSet} {
			t.sets[name+f.suffix] = &nftables.Set{
				Table: t.table, Name: name + f.suffix, KeyType: f.keyType,
				HasTimeout: true, Interval: name != addrSet, Counter: name == addrSet,
			}
		}
	}
	return t
}

// maxBuffer is what a transaction and its answers may take in the socket.
const maxBuffer = 8 << 20

// do makes one transaction of what fill says: all of it happens, or nothing.
func (t *table) do(fill func(c *nftables.Conn) error) error {
	c, release, err := t.connect()
	if err != nil {
		return err
	}
	defer release()
	if err := fill(c); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return fmt.Errorf("change the packet filter: %w", err)
	}
	return nil
}

func (t *table) connect() (c *nftables.Conn, release func(), err error) {
	options := []nftables.ConnOption{nftables.WithSockOptions(buffers)}
	release = func() {}
	if t.options.Namespace != "" {
		ns, err := os.Open(t.options.Namespace)
		if err != nil {
			return nil, nil, fmt.Errorf("open network namespace: %w", err)
		}
		release = func() { _ = ns.Close() } // it was only read
		options = append(options, nftables.WithNetNSFd(int(ns.Fd())))
	}
	if c, err = nftables.New(options...); err != nil {
		release()
		return nil, nil, fmt.Errorf("open the packet filter: %w", err)
	}
	return c, release, nil
}

// buffers makes room for a transaction. Without the right to it, what is
// allowed has to do.
func buffers(c *netlink.Conn) error {
	return errors.Join(c.SetWriteBuffer(maxBuffer), c.SetReadBuffer(maxBuffer))
}

// exists tells whether all that build makes is there.
func (t *table) exists() (bool, error) {
	c, release, err := t.connect()
	if err != nil {
		return false, err
	}
	defer release()
	sets, err := c.GetSets(t.table)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return false, fmt.Errorf("list the sets of table %s: %w", TableName, err)
	}
	rules, err := c.GetRules(t.table, &nftables.Chain{Name: guardChain, Table: t.table})
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return false, fmt.Errorf("list the rules of table %s: %w", TableName, err)
	}
	return len(sets) > len(t.sets) && len(rules) > 0, nil
}

// build makes the table with its sets, chains and rules. Sets that are there
// keep what they hold; rules are replaced in the same transaction. A table
// that another version left with other sets is made anew.
func (t *table) build() error {
	err := t.do(t.fill)
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EBUSY) {
		err = t.do(func(c *nftables.Conn) error {
			c.AddTable(t.table)
			c.DelTable(t.table)
			return t.fill(c)
		})
	}
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w: the agent needs CAP_NET_ADMIN (AmbientCapabilities in its systemd unit)", err)
	}
	return err
}

const (
	guardChain   = "guard"
	inputChain   = "input"
	forwardChain = "forward"
	portSet      = "ports"
)

func (t *table) fill(c *nftables.Conn) error {
	c.AddTable(t.table)
	ports := &nftables.Set{Table: t.table, Name: portSet, KeyType: nftables.TypeInetService}
	if err := c.AddSet(ports, nil); err != nil {
		return fmt.Errorf("set %s: %w", portSet, err)
	}
	c.FlushSet(ports)
	var elements []nftables.SetElement
	for _, p := range t.options.Ports {
		elements = append(elements, nftables.SetElement{Key: binaryutil.BigEndian.PutUint16(p)})
	}
	if err := c.SetAddElements(ports, elements); err != nil {
		return fmt.Errorf("set %s: %w", portSet, err)
	}
	for name, s := range t.sets {
		if err := c.AddSet(s, nil); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	guard := c.AddChain(&nftables.Chain{Name: guardChain, Table: t.table})
	c.FlushChain(guard)
	t.guard(c, guard)
	t.enter(c, inputChain, nftables.ChainHookInput, ports)
	if t.options.Forward {
		t.enter(c, forwardChain, nftables.ChainHookForward, ports)
	}
	return nil
}

// priority is before the filters of the host (0) and after what defragments
// and tracks connections.
const priority = -10

// enter sends packets for the gateway's ports through the guard, over TCP and,
// for HTTP/3, UDP.
func (t *table) enter(c *nftables.Conn, name string, hook *nftables.ChainHook, ports *nftables.Set) {
	accept, first := nftables.ChainPolicyAccept, nftables.ChainPriority(priority)
	chain := c.AddChain(&nftables.Chain{
		Name: name, Table: t.table, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: &first, Policy: &accept,
	})
	c.FlushChain(chain)
	for _, protocol := range [...]byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
		c.AddRule(&nftables.Rule{Table: t.table, Chain: chain, Exprs: []expr.Any{
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
			&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: []byte{protocol}},
			&expr.Payload{Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2, DestRegister: 1},
			&expr.Lookup{SourceRegister: 1, SetName: ports.Name, SetID: ports.ID},
			&expr.Verdict{Kind: expr.VerdictJump, Chain: guardChain},
		}})
	}
}

// guard looks the source up: exemptions first.
func (t *table) guard(c *nftables.Conn, chain *nftables.Chain) {
	for i := range families {
		f := &families[i]
		c.AddRule(&nftables.Rule{Table: t.table, Chain: chain, Exprs: append(t.lookup(f, allowSet), &expr.Verdict{Kind: expr.VerdictReturn})})
	}
	for i := range families {
		f := &families[i]
		for _, set := range [...]string{addrSet, netSet} {
			c.AddRule(&nftables.Rule{
				Table: t.table, Chain: chain,
				Exprs: append(t.lookup(f, set), &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop}),
			})
		}
	}
}

func (t *table) lookup(f *family, set string) []expr.Any {
	s := t.sets[set+f.suffix]
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: []byte{f.proto}},
		&expr.Payload{Base: expr.PayloadBaseNetworkHeader, Offset: f.offset, Len: f.keyType.Bytes, DestRegister: 1},
		&expr.Lookup{SourceRegister: 1, SetName: s.Name, SetID: s.ID},
	}
}

// dropped is how many packets have been dropped since the rules were made.
func (t *table) dropped() (packets uint64, err error) {
	c, release, err := t.connect()
	if err != nil {
		return 0, err
	}
	defer release()
	rules, err := c.GetRules(t.table, &nftables.Chain{Name: guardChain, Table: t.table})
	if err != nil {
		return 0, fmt.Errorf("list the rules of table %s: %w", TableName, err)
	}
	for _, r := range rules {
		for _, e := range r.Exprs {
			if n, ok := e.(*expr.Counter); ok {
				packets += n.Packets
			}
		}
	}
	return packets, nil
}
