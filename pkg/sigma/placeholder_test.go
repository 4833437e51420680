package sigma

import "testing"

func TestExpandBehindWhatReadsItsValues(t *testing.T) {
	refusedItem(t, "c-ip|cidr|expand: '%nets%'", `rule.yml:9:27: c-ip|cidr|expand: expand stands before cidr (write c-ip|expand|cidr)`)
	refusedItem(t, "a|gte|expand: '%limit%'", `expand stands before gte (write a|expand|gte)`)
	refusedItem(t, "a|cidr|expand|all: ['%nets%']", `(write a|expand|cidr|all)`)
}
