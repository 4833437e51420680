package spoa

import "strings"

// greeting is what HAProxy says first.
type greeting struct {
	frameSize uint32
	check     bool // of health: nothing follows
}

func parseHello(f frame) (greeting, error) {
	if f.kind != haproxyHello {
		return greeting{}, invalid
	}
	var g greeting
	versions := ""
	for r := &f.body; ; {
		if r.bad {
			return greeting{}, invalid
		}
		if r.rest == "" {
			break
		}
		switch name, v := r.named(); name {
		case "supported-versions":
			versions = v.text
		case "max-frame-size":
			g.frameSize = uint32(min(v.number, 1<<32-1))
		case "healthcheck":
			g.check = v.number != 0
		}
	}
	switch {
	case versions == "":
		return g, noVersion
	case !speaks2(versions):
		return g, badVersion
	case g.frameSize == 0:
		return g, noFrameSize
	case g.frameSize < minFrameSize:
		return g, badFrameSize
	}
	g.frameSize = min(g.frameSize, maxFrameSize)
	return g, nil
}

func speaks2(versions string) bool {
	for v := range strings.SplitSeq(versions, ",") {
		if major, _, _ := strings.Cut(strings.TrimSpace(v), "."); major == "2" {
			return true
		}
	}
	return false
}

func appendHello(dst []byte, frameSize uint32) []byte {
	at := len(dst)
	dst = beginFrame(dst, agentHello, 0, 0)
	dst = appendTextValue(appendText(dst, "version"), "2.0")
	dst = appendNumber(appendText(dst, "max-frame-size"), frameSize)
	dst = appendTextValue(appendText(dst, "capabilities"), "pipelining")
	return endFrame(dst, at)
}

func appendDisconnect(dst []byte, why *fault) []byte {
	at := len(dst)
	dst = beginFrame(dst, agentDisconnect, 0, 0)
	dst = appendNumber(appendText(dst, "status-code"), why.status)
	dst = appendTextValue(appendText(dst, "message"), why.text)
	return endFrame(dst, at)
}
