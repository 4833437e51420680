package match

import "github.com/honeymoat/honeymoat/pkg/event"

type kinds uint32

func (k kinds) Names() []string { return nil }

type analyst struct{}

func attacks(b *event.Batch, row int, c column) kinds { return 0 }

func (r *record) lookAttacks(c column, dst []value) []value { return dst }
