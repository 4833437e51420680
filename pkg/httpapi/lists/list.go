package lists

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// list is the blocks of a segment and of all, at one moment.
type list struct {
	segment string
	blocks  []*block.Block // live ones, exemptions too, in the order in which they were made
	exempt  *block.Allowlist
}

func newList(segment string, all []block.Edit) *list {
	l := &list{segment: segment}
	var exempt []netip.Prefix
	for i := range all {
		b := all[i].Block
		if b == nil || b.Segment != segment && b.Segment != block.All {
			continue
		}
		l.blocks = append(l.blocks, b)
		if b.Target.Exemption() && b.Target.Plain() && b.Mode == block.Enforce {
			exempt = append(exempt, b.Target.Prefix())
		}
	}
	if len(exempt) > 0 {
		l.exempt = block.NewAllowlist(exempt)
	}
	return l
}

// refused tells whether a block refuses everybody at its addresses: what a
// list of addresses can say.
func refused(b *block.Block) bool {
	return b.Target.Plain() && !b.Target.Exemption() && b.Mode == block.Enforce && b.Action.Refuses()
}

// write writes the list. state names what it shows.
func (l *list) write(w io.Writer, f Format, state string) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var err error
	switch f {
	case CSV:
		err = l.csv(out)
	case JSON:
		err = l.json(out)
	case STIX:
		err = l.stix(out, state)
	default:
		err = l.lines(out, f)
	}
	if err != nil {
		return fmt.Errorf("write list %s.%s: %w", l.segment, f, err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write list %s.%s: %w", l.segment, f, err)
	}
	return nil
}

// lines writes addresses, cut around exemptions. The first lines tell what
// they hold, and how many blocks this format cannot say.
func (l *list) lines(w *bufio.Writer, f Format) error {
	left := 0
	for _, b := range l.blocks {
		if !refused(b) && !b.Target.Exemption() && b.Mode == block.Enforce {
			left++
		}
	}
	of := "segment " + block.All
	if l.segment != block.All {
		of = "segments " + l.segment + " and " + block.All
	}
	_, _ = fmt.Fprintf(w, "# honeymoat: addresses that are refused in the %s\n", of)
	if left > 0 {
		_, _ = fmt.Fprintf(w, "# left out: %d blocks that are not about addresses alone, or do not refuse\n", left)
	}
	for _, b := range l.blocks {
		if !refused(b) {
			continue
		}
		for _, p := range block.Around(b.Target.Prefix(), l.exempt) {
			if err := line(w, f, block.PrefixTarget(p).String(), b.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func line(w *bufio.Writer, f Format, address string, id block.ID) error {
	var err error
	switch f {
	case Nginx:
		_, err = fmt.Fprintf(w, "deny %s;\n", address)
	case HAProxy:
		_, err = fmt.Fprintf(w, "%s %s\n", address, id)
	default:
		_, err = fmt.Fprintln(w, address)
	}
	return err
}

func (l *list) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{
		"id", "segment", "target", "action", "mode", "percent", "created_at", "expires_at", "reason", "rule", "by",
	}); err != nil {
		return err
	}
	for _, b := range l.blocks {
		if err := out.Write([]string{
			b.ID.String(), b.Segment, inert(b.Target.String()), b.Action.String(), b.Mode.String(), strconv.Itoa(int(b.Percent)),
			b.CreatedAt.UTC().Format(time.RFC3339), b.ExpiresAt().UTC().Format(time.RFC3339), inert(b.Reason), inert(b.Rule), b.By,
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inert keeps a spreadsheet from taking text for a formula: what a client
// wrote, such as its user agent, is in targets. In some spreadsheets the
// full-width signs count too.
func inert(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// json writes the blocks one by one: as one value, a million of them would
// take a gigabyte.
func (l *list) json(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "{\"segment\":%q,\"blocks\":[", l.segment); err != nil {
		return err
	}
	opening := ""
	for _, b := range l.blocks {
		if err := element(w, opening, wire.BlockOf(*b)); err != nil {
			return err
		}
		opening = ","
	}
	_, err := io.WriteString(w, "\n]}\n")
	return err
}

// element writes one value of an array on a line of its own, after what opens
// the array or parts it from the value before.
func element(w io.Writer, opening string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, opening+"\n"+string(data))
	return err
}
