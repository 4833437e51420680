package unfold

import "testing"

func BenchmarkCanUnfold(b *testing.B) {
	v := []byte("/api/v1/customers/18273645/orders?page=3&limit=50&sort=created_at")
	b.SetBytes(int64(len(v)))
	for b.Loop() {
		CanUnfoldQuery(v)
	}
}

func BenchmarkForms(b *testing.B) {
	v := []byte("q=%2527%2520union%2520select%2520password%2520from%2520users--")
	var u Unfolder
	b.SetBytes(int64(len(v)))
	for b.Loop() {
		u.QueryForms(v)
	}
}
