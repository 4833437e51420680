package receive

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// frames cuts a stream that comes in pieces of some size.
func frames(f *framer, stream string, piece int) (got []string, err error) {
	for len(stream) > 0 {
		n := copy(f.room(), stream[:min(piece, len(stream))])
		f.came(n)
		stream = stream[n:]
		for {
			m, ok, err := f.next()
			if err != nil {
				return got, err
			}
			if !ok {
				break
			}
			got = append(got, string(m))
		}
	}
	if rest := f.last(); len(rest) > 0 {
		got = append(got, string(rest))
	}
	return got, nil
}

func counted(text string) string { return fmt.Sprintf("%d %s", len(text), text) }

func TestFrames(t *testing.T) {
	f := func(stream string, want ...string) {
		t.Helper()
		for _, piece := range []int{1, 2, 7, 1000, 1 << 20} {
			got, err := frames(&framer{}, stream, piece)
			if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("%.80q in pieces of %d: %.200q, %v", stream, piece, got, err)
			}
		}
	}
	f("")
	f("\n\r\n\x00\n")
	f("<1>a\n<2>b\n", "<1>a", "<2>b")
	f("<1>a\r\n\n<2>b", "<1>a\r", "<2>b")
	f(counted("<1>a\nb")+counted("<2>c"), "<1>a\nb", "<2>c")
	f(counted("<1>a")+"\n"+counted("<2>c")+"<3>d\n"+counted("<4>e"), "<1>a", "<2>c", "<3>d", "<4>e")
	f("198.51.100.7 - x\n200 GET /\n1700000000 x\n012 <y\n", "198.51.100.7 - x", "200 GET /", "1700000000 x", "012 <y")
	f("20 <1>cut", "<1>cut")
	f("20 ", "20 ")
	f("20", "20")
	long := strings.Repeat("x", maxMessage)
	f("<1>"+long+long+"\n<2>b\n", "<1>"+long[:maxMessage-3], "<2>b")
	f(counted("<1>"+long+long)+"<2>b\n", "<1>"+long[:maxMessage-3], "<2>b")
	f("<1>"+long+long, "<1>"+long[:maxMessage-3])
}

func TestFramesOfLinesOnly(t *testing.T) {
	got, err := frames(&framer{plain: true}, "4 <1>a\nb\n", 3)
	if err != nil || strings.Join(got, "|") != "4 <1>a|b" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFramesThatAreTooLong(t *testing.T) {
	if got, err := frames(&framer{}, "<1>a\n2000000 <2>", 100); !errors.Is(err, errFraming) || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzFrames: it does not matter in which pieces a stream comes.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("<1>a\n4 <2>b\r\n\x00<3>"), 3)
	f.Add([]byte("99 <x\n\n1 <2 <a3 <"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		if piece < 1 {
			return
		}
		pieces, err := frames(&framer{}, string(stream), piece)
		whole, wholeErr := frames(&framer{}, string(stream), 64<<10)
		if strings.Join(pieces, "|") != strings.Join(whole, "|") || (err == nil) != (wholeErr == nil) {
			t.Fatalf("%q, %v in pieces of %d; %q, %v at once", pieces, err, piece, whole, wholeErr)
		}
	})
}
