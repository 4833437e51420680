package cli

import (
	"errors"
	"iter"
	"slices"
	"testing"
)

// numbers counts from 1 to last, and then fails if it is to.
func numbers(last int, failure error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n := 1; n <= last; n++ {
			if !yield(n, nil) {
				return
			}
		}
		if failure != nil {
			yield(0, failure)
		}
	}
}

func TestTake(t *testing.T) {
	f := func(last, limit int, want []int, wantMore bool) {
		t.Helper()
		got, more, err := take(numbers(last, nil), limit)
		if err != nil || more != wantMore || !slices.Equal(got, want) || got == nil {
			t.Errorf("%d of %d: %v, more %v, %v", limit, last, got, more, err)
		}
	}
	f(3, 0, []int{1, 2, 3}, false)
	f(3, 2, []int{1, 2}, true)
	f(3, 3, []int{1, 2, 3}, false)
	f(3, 4, []int{1, 2, 3}, false)
	f(0, 0, nil, false)

	broken := errors.New("broken")
	if _, _, err := take(numbers(3, broken), 3); !errors.Is(err, broken) {
		t.Errorf("a page that cannot be read came as %v", err)
	}
	if _, err := collect(numbers(3, broken)); !errors.Is(err, broken) {
		t.Errorf("a page that cannot be read came as %v", err)
	}
}

func TestFiltered(t *testing.T) {
	even := func(n int) bool { return n%2 == 0 }
	got, err := collect(filtered(numbers(5, nil), even))
	if err != nil || !slices.Equal(got, []int{2, 4}) {
		t.Errorf("%v, %v", got, err)
	}
	broken := errors.New("broken")
	if _, err := collect(filtered(numbers(1, broken), even)); !errors.Is(err, broken) {
		t.Errorf("a failure was filtered out: %v", err)
	}
}
