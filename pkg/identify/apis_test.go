package identify

import "testing"

func TestAPIs(t *testing.T) {
	table, err := NewAPIs([]API{
		{Name: "all"}, {Name: "v1", Prefix: "/v1/"}, {Name: "orders", Prefix: "/v1/orders"},
		{Name: "shop", Host: "Shop.example"}, {Name: "cart", Host: "shop.example", Prefix: "/cart"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(host, path, want string) {
		t.Helper()
		if got := table.Of(host, path); got != want {
			t.Errorf("%s%s: %q, want %q", host, path, got, want)
		}
	}
	f("api.example", "/", "all")
	f("api.example", "/v1", "v1")
	f("api.example", "/v1/", "v1")
	f("api.example", "/v10", "all")
	f("api.example", "/v1/orders/7", "orders")
	f("SHOP.example:8443", "/v1/orders/7", "shop")
	f("shop.example", "/cart", "cart")
	f("shop.example.", "/cart", "cart")
	f("shop.example.:8443", "/cart", "cart")
	f("[2001:db8::7]", "/v1", "v1")
	f("", "", "all")
	if (*APIs)(nil).Of("shop.example", "/") != "" {
		t.Error("no table knows an api")
	}
}

func TestAPIMistakes(t *testing.T) {
	for _, a := range []API{{Prefix: "/v1"}, {Name: "v1", Prefix: "v1"}} {
		if _, err := NewAPIs([]API{a}); err == nil {
			t.Errorf("%+v", a)
		}
	}
}
