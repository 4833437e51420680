package quarantine

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func exampleFrames() []frame {
	return []frame{
		{kind: aboutFile, file: fileA, received: time.Unix(0, 0), acked: 77, body: []byte(`{"source":"web"}`)},
		{kind: aboutRecord, file: fileA, offset: 1 << 40, line: 9, length: 12, received: time.Unix(5, 6), reason: "no time", body: []byte("garbage\n")},
		{kind: aboutRecord, file: fileB, line: 1, received: time.Unix(0, 1), settled: true, body: bytes.Repeat([]byte{0}, maxRaw)},
		{kind: aboutRecord, file: fileB, line: 1, received: time.Unix(0, 1), reason: string(bytes.Repeat([]byte{'x'}, reasonBytes)), body: bytes.Repeat([]byte{1}, alignment-headBytes)},
	}
}

func TestFramesComeBack(t *testing.T) {
	for _, want := range exampleFrames() {
		data := appendFrame([]byte("before"), &want)[len("before"):]
		got, size, ok := parseFrame(append(data, "after"...))
		if !ok || size != int64(len(data)) || size%alignment != 0 {
			t.Fatalf("%s at %d: size %d of %d, %v", want.file, want.offset, size, len(data), ok)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(frame{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDamageIsNoticed(t *testing.T) {
	want := exampleFrames()[1]
	data := appendFrame(nil, &want)
	for i := range headBytes + len(want.body) {
		if i >= mutableAt && i < headBytes {
			continue // what may change, and costs a reason at most
		}
		bad := bytes.Clone(data)
		bad[i] ^= 0x40
		if _, _, ok := parseFrame(bad); ok {
			t.Errorf("byte %d was changed and nobody notices", i)
		}
	}
	for n := range len(data) {
		if _, _, ok := parseFrame(data[:n]); ok {
			t.Errorf("%d of %d bytes are a frame", n, len(data))
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, e := range exampleFrames() {
		f.Add(appendFrame(nil, &e))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, size, ok := parseFrame(data)
		if ok && (size > int64(len(data)) || len(got.body) > len(data) || len(got.file) != fileBytes) {
			t.Errorf("a frame of %d bytes in %d: %+v", size, len(data), got)
		}
	})
}
