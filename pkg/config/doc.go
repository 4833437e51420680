// Package config reads the configuration files of honeymoat and its agent:
// strictly, with every mistake told at once by file, line, column and a hint,
// and with defaults for all that is left out.
//
// It imports the YAML library and, of the product, how mistakes are told and
// those whose names and limits it checks. A package below the assembly never
// sees more of the configuration than its own options. It never starts or opens anything that the configuration names.
package config
