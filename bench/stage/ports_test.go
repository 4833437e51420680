package stage

import "testing"

func TestAddressesAreGivenOnce(t *testing.T) {
	s := &Stage{ports: map[int]bool{}}
	seen := map[string]bool{}
	for range 100 {
		address, err := s.Address()
		if err != nil || seen[address] {
			t.Fatalf("%s, %v", address, err)
		}
		seen[address] = true
	}
}
