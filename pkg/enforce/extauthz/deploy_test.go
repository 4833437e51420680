package extauthz

import (
	"os"
	"testing"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/file/v3"
	extauthzv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	mutationv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	upstreamv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// validated is a message of Envoy's.
type validated interface {
	proto.Message
	ValidateAll() error
}

// open reads a typed_config, which must be of the type of into and valid.
func open[M validated](t *testing.T, config *anypb.Any, into M) M {
	t.Helper()
	if err := config.UnmarshalTo(into); err != nil {
		t.Fatal(err)
	}
	if err := into.ValidateAll(); err != nil {
		t.Errorf("%s: %v", config.GetTypeUrl(), err)
	}
	return into
}

// The documented configuration is one that Envoy's own definitions accept, with
// all typed parts of it, and its parts fit each other.
func TestDocumentedConfigurationIsEnvoys(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/gateways/envoy/envoy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := new(bootstrapv3.Bootstrap)
	if err := protojson.Unmarshal(json, bootstrap); err != nil {
		t.Fatal(err)
	}
	if err := bootstrap.ValidateAll(); err != nil {
		t.Error(err)
	}
	clusters := map[string]bool{}
	for _, c := range bootstrap.GetStaticResources().GetClusters() {
		clusters[c.GetName()] = true
		for _, o := range c.GetTypedExtensionProtocolOptions() {
			open(t, o, new(upstreamv3.HttpProtocolOptions))
		}
	}
	manager := open(t, bootstrap.GetStaticResources().GetListeners()[0].GetFilterChains()[0].GetFilters()[0].GetTypedConfig(), new(managerv3.HttpConnectionManager))
	if asked := checkFilters(t, manager); !clusters[asked] {
		t.Errorf("there is no cluster %q to ask", asked)
	}
	for _, r := range manager.GetRouteConfig().GetVirtualHosts()[0].GetRoutes() {
		if to := r.GetAction().(*routev3.Route_Route).Route.GetCluster(); !clusters[to] {
			t.Errorf("there is no cluster %q", to)
		}
	}
	checkLog(t, manager)
}

// checkFilters gives the cluster that is asked.
func checkFilters(t *testing.T, manager *managerv3.HttpConnectionManager) (asked string) {
	t.Helper()
	filters := manager.GetHttpFilters()
	if len(filters) != 4 {
		t.Fatalf("%d filters", len(filters))
	}
	open(t, filters[0].GetTypedConfig(), new(mutationv3.HeaderMutation))
	ask := open(t, filters[1].GetTypedConfig(), new(extauthzv3.ExtAuthz))
	open(t, filters[2].GetTypedConfig(), new(rbacv3.RBAC))
	open(t, filters[3].GetTypedConfig(), new(routerv3.Router))
	if !ask.GetFailureModeAllow() || !ask.GetFailureModeAllowHeaderAdd() || !ask.GetClearRouteCache() {
		t.Error("requests do not pass while the agent is away, or are not known by it, or are not diverted")
	}
	return ask.GetGrpcService().GetEnvoyGrpc().GetClusterName()
}

func checkLog(t *testing.T, manager *managerv3.HttpConnectionManager) {
	t.Helper()
	log := open(t, manager.GetAccessLog()[0].GetTypedConfig(), new(accesslogv3.FileAccessLog))
	var fields map[string]*structpb.Value = log.GetLogFormat().GetJsonFormat().GetFields()
	if got := fields["decision"].GetStringValue(); got != "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:decision)%" {
		t.Errorf("the decision is logged as %s", got)
	}
}
