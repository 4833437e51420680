package block

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// A bucket that lay across two lines would cost two reads of memory.
func TestBucketsLieInALineEach(t *testing.T) {
	set := ofAddresses(3_000)
	for revision := uint64(4_000); revision < 4_100; revision++ {
		d := addressDelta(int(revision))
		d.Revision = revision
		set = set.Apply(d, 0)
	}
	for i := range set.exact.v4.buckets {
		b := set.exact.v4.at(i)
		if at := uintptr(unsafe.Pointer(b)); unsafe.Sizeof(*b) != cacheLine || at%cacheLine != 0 {
			t.Fatalf("bucket %d of %d bytes lies at %x", i, unsafe.Sizeof(*b), at)
		}
	}
}

func TestSameMarksTheTagsThatAre(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	few := []uint64{0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff}
	for range 100_000 {
		word, wanted, first := uint64(0), pick(r, few), -1
		for i := range tagsAWord {
			tag := pick(r, few)
			word |= tag << (i * tagBits)
			if tag == wanted && first < 0 {
				first = i
			}
		}
		marks := same(word, wanted*lowBits)
		if first < 0 && marks != 0 || first >= 0 && marks&-marks != 1<<(first*tagBits+tagBits-1) {
			t.Fatalf("%x in %016x: marked %016x, the first is %d", wanted, word, marks, first)
		}
	}
}

// TestBucketAgreesWithASlice goes through buckets with fewer and more entries
// than have tags, with few tags among them.
func TestBucketAgreesWithASlice(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	hash := func(k v4Key) uint64 { return k.hash() }
	for range 300 {
		var b bucket[v4Key, uint32]
		var want []v4Key
		for range 80 {
			if k := v4Key(r.Uint32N(1_000_000)); r.IntN(5) < 3 || len(want) == 0 {
				b, want = b.with(slot[v4Key, uint32]{k, uint32(k)}), append(want, k)
			} else {
				i := r.IntN(len(want))
				b = b.without(b.index(hash(want[i]), want[i]))
				want[i] = want[len(want)-1]
				want = want[:len(want)-1]
			}
			for _, k := range want {
				if v := b.find(hash(k), k); !b.may(hash(k)) || v == nil || *v != uint32(k) {
					t.Fatalf("%d of %d is not found", k, len(want))
				}
			}
			if k := v4Key(1_000_000 + r.Uint32N(1_000)); b.find(hash(k), k) != nil {
				t.Fatalf("%d is found, and is not there", k)
			}
		}
	}
}

// Most of what is not there has to be known by the tags alone.
func TestTagsTellMostOfWhatIsNotThere(t *testing.T) {
	set := ofAddresses(100_000)
	looked := 0
	for i := range uint32(100_000) {
		k := keyOf4(scattered(2*i + 1))
		if b := set.exact.v4.near(k.hash()); b != nil {
			looked++
		}
	}
	if looked > 15_000 {
		t.Errorf("of 100,000 addresses that are not there %d were looked for among entries", looked)
	}
}
