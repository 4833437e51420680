package identify

import "strings"

// Lines makes what Fill asks for of what gives all lines of a header. It takes
// them as applications do: cookies may stand in several lines, of anything else
// the first one counts. A client that writes a header twice hides nothing.
func Lines(lines func(name string) []string) (header func(name string) string) {
	return func(name string) string {
		all := lines(name)
		switch {
		case len(all) == 0:
			return ""
		case name == cookieHeader:
			return strings.Join(all, "; ")
		default:
			return all[0]
		}
	}
}
