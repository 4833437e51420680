package extauthz

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ours are the headers that only the agent may say; what it does not say is
// taken off the request.
var ours = [...]string{block.DecisionHeader, block.FlagHeader}

// answer tells Envoy what to do with a request.
func (h *Handler) answer(v *block.Verdict) *authv3.CheckResponse {
	switch {
	case v.Refused && v.Action == block.Divert && h.decoys:
		return marked(passing(headerOf(block.DecisionHeader, v.Mark())), v)
	case v.Refused:
		return marked(refusal(v), v)
	case v.Flagged():
		return marked(passing(headerOf(v.Flag.Terms.FlagHeader(v.Flag.ID))), v)
	default:
		return passing()
	}
}

// passing lets a request pass, with these headers and none that a client made
// up.
func passing(headers ...*corev3.HeaderValueOption) *authv3.CheckResponse {
	ok := &authv3.OkHttpResponse{Headers: headers}
	for _, name := range ours {
		if len(headers) == 0 || headers[0].GetHeader().GetKey() != name {
			ok.HeadersToRemove = append(ok.HeadersToRemove, strings.ToLower(name))
		}
	}
	return &authv3.CheckResponse{
		Status:       &status.Status{Code: int32(codes.OK)},
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: ok},
	}
}

// refusal answers in place of the application. Envoy always answers: a dropped
// request gets as little as can be.
func refusal(v *block.Verdict) *authv3.CheckResponse {
	code, kind, body := http.StatusForbidden, "", ""
	switch v.Action {
	case block.Drop:
	case block.Divert: // there is no decoy here
		code = http.StatusNotFound
	default:
		code = known(v.Terms.AnswerStatus(v.Action))
		kind, body = v.Terms.AnswerBody()
	}
	denied := &authv3.DeniedHttpResponse{Status: &typev3.HttpStatus{Code: typev3.StatusCode(code)}, Body: body}
	if kind != "" {
		denied.Headers = append(denied.Headers, headerOf("Content-Type", kind))
	}
	if v.RetryAfter > 0 {
		seconds := (v.RetryAfter + time.Second - 1) / time.Second
		denied.Headers = append(denied.Headers, headerOf("Retry-After", strconv.FormatInt(int64(seconds), 10)))
	}
	return &authv3.CheckResponse{
		Status:       &status.Status{Code: int32(codes.PermissionDenied)},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: denied},
	}
}

// known is a status, or 403 in place of one that Envoy's definitions lack.
func known(code int) int {
	if _, ok := typev3.StatusCode_name[int32(code)]; ok {
		return code
	}
	return http.StatusForbidden
}

// marked adds what the access log is to say.
func marked(r *authv3.CheckResponse, v *block.Verdict) *authv3.CheckResponse {
	mark := v.Mark()
	action, id, _ := strings.Cut(mark, " ")
	r.DynamicMetadata = &structpb.Struct{Fields: map[string]*structpb.Value{
		"decision": structpb.NewStringValue(mark),
		"action":   structpb.NewStringValue(action),
		"id":       structpb.NewStringValue(id),
	}}
	return r
}

func headerOf(name, value string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header:       &corev3.HeaderValue{Key: name, Value: value},
		AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}
