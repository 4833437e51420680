package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Key is one configuration key as the reference lists it.
type Key struct {
	Name    string // "bus.max_bytes", "sources[].name", "sources[].fields.*.unit"
	Type    string
	Default string // as it is written in YAML; empty = nothing
	Doc     string
}

// Keys lists the keys of a configuration, with its values as the defaults.
func Keys(config any) []Key { return appendKeys(nil, "", reflect.ValueOf(config)) }

// KeyNames lists the names only.
func KeyNames(config any) []string {
	keys := Keys(config)
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].Name
	}
	return names
}

func appendKeys(keys []Key, prefix string, v reflect.Value) []Key {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		k := Key{
			Name: prefix + field.Tag.Get("yaml"), Doc: field.Tag.Get("doc"),
			Type: typeName(field.Type), Default: defaultText(v.Field(i)),
		}
		keys = append(keys, k)
		switch inner := field.Type; {
		case isText(inner):
		case inner.Kind() == reflect.Struct:
			keys = appendKeys(keys, k.Name+".", v.Field(i))
		case inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct && !isText(inner.Elem()):
			keys = appendKeys(keys, k.Name+"[].", reflect.Zero(inner.Elem()))
		case inner.Kind() == reflect.Map && inner.Elem().Kind() == reflect.Struct:
			keys = appendKeys(keys, k.Name+".*.", reflect.Zero(inner.Elem()))
		}
	}
	return keys
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[Size]():
		return "size"
	case t == reflect.TypeFor[Network]():
		return "network"
	case t == reflect.TypeFor[Target]():
		return "target"
	}
	switch t.Kind() {
	case reflect.Struct:
		return "section"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "map of " + typeName(t.Elem())
	case reflect.Int:
		return "number"
	}
	return t.Kind().String()
}

func defaultText(v reflect.Value) string {
	if v.IsZero() || v.Kind() == reflect.Struct {
		return ""
	}
	if text, ok := v.Interface().(encoding.TextMarshaler); ok {
		s, _ := text.MarshalText()
		return string(s)
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = fmt.Sprint(v.Index(i).Interface())
	}
	return strings.Join(items, ", ")
}
