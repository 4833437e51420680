package embedded

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// forward passes a line of the child's standard error on to the log: the
// child's own records as they were, anything else as the engine's words.
func (e *Engine) forward(line string) {
	var record map[string]any
	if json.Unmarshal([]byte(line), &record) != nil {
		e.log.Warn("engine says", "line", line)
		return
	}
	var level slog.Level
	name, _ := record[slog.LevelKey].(string)
	if level.UnmarshalText([]byte(name)) != nil {
		level = slog.LevelInfo
	}
	message, _ := record[slog.MessageKey].(string)
	for _, key := range []string{slog.LevelKey, slog.MessageKey, slog.TimeKey} {
		delete(record, key)
	}
	var attrs []any
	for _, key := range slices.Sorted(maps.Keys(record)) {
		attrs = append(attrs, key, record[key])
	}
	e.log.Log(context.Background(), level, "engine: "+message, attrs...)
}
