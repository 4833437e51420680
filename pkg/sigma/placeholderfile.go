package sigma

// ParsePlaceholders reads a file of placeholders: a map of names, without the
// percent signs, to lists of values. The error is a mistake.List.
func ParsePlaceholders(s Source) (map[string][]string, error) {
	file := &source{name: s.Name}
	placeholders := map[string][]string{}
	for _, t := range file.plantAll(s.Data) {
		d := &draft{file: file, tree: t}
		if t.shape != mapping {
			d.fail(t, `write "Servers: [web1, web2]"`, "placeholders are %s, not a map", t.shape)
		}
		for _, e := range t.entries {
			placeholders[e.key.text] = d.texts(t, e.key.text)
		}
	}
	if len(file.mistakes) > 0 {
		return nil, file.mistakes
	}
	return placeholders, nil
}
