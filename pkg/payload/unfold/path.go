package unfold

// path writes / for \ and leaves out segments that say nothing.
func path(dst, v []byte) ([]byte, bool) {
	changed := false
	for _, c := range v {
		if c == '\\' {
			c, changed = '/', true
		}
		if c != '/' {
			dst = append(dst, c)
			continue
		}
		n := len(dst)
		switch {
		case n > 1 && dst[n-1] == '.' && dst[n-2] == '/':
			dst, changed = dst[:n-1], true
		case n > 0 && dst[n-1] == '/' && (n == 1 || dst[n-2] != ':'):
			changed = true
		default:
			dst = append(dst, '/')
		}
	}
	return dst, changed
}
